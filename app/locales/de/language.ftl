language-name = Deutsch
language-direction = ltr

format-month-name = { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sept.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
}
format-day = { $day }. { $month } { $year }
format-day-of-year = { $day }. { $month }
format-month = { $month } { $year }
format-minute = { $date }, { $time }

format-dollars = { $sign }{ $amount } $
format-euros = { $sign }{ $amount } €
format-money = { $sign }{ $amount } { $currency }
