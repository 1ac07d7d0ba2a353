mod literals;
mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};

use super::{catalog::MESSAGES, *};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap().to_owned()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn load(tags: &[&str]) -> Languages {
    Languages::load(tags, None, "Acme").unwrap()
}

#[test]
fn dates_and_amounts_are_written_as_each_language_writes_them() {
    let languages = load(&["en", "de"]);
    let (en, de) = (languages.get("en").unwrap(), languages.get("DE").unwrap());
    let feb = at("2026-02-01T21:40:00Z");
    assert_eq!((en.day(feb), de.day(feb)), ("1\u{a0}Feb\u{a0}2026".to_owned(), "1.\u{a0}Feb.\u{a0}2026".to_owned()));
    assert_eq!(en.minute(feb), "1\u{a0}Feb\u{a0}2026, 21:40");
    assert_eq!(en.day_of_year(feb), "1\u{a0}Feb");
    assert_eq!((en.month(feb), de.month(feb)), ("Feb\u{a0}2026".to_owned(), "Feb.\u{a0}2026".to_owned()));
    let usd = |minor| Money::new(minor, Currency::USD);
    assert_eq!(
        (en.exact(usd(123_456)), de.exact(usd(123_456))),
        ("$1,234.56".to_owned(), "1.234,56\u{a0}$".to_owned())
    );
    assert_eq!((en.exact(usd(-1684)), en.short(usd(2900))), ("−$16.84".to_owned(), "$29".to_owned()));
    let yen = Money::new(1234, "JPY".parse().unwrap());
    assert_eq!((en.exact(yen), de.exact(yen)), ("JPY\u{a0}1,234".to_owned(), "1.234\u{a0}JPY".to_owned()));
    assert_eq!(
        (en.decimal(150, 2), de.decimal(150, 2), en.decimal(500, 2)),
        ("1.5".to_owned(), "1,5".to_owned(), "5".to_owned())
    );
    let interval = |text: &str| {
        let interval = text.parse().unwrap();
        (en.interval(interval).into_owned(), de.interval(interval).into_owned())
    };
    for (stored, in_english, in_german) in [
        ("1 day", "every day", "jeden Tag"),
        ("1 week", "every week", "jede Woche"),
        ("2 week", "every 2 weeks", "alle 2 Wochen"),
        ("3 month", "every 3 months", "alle 3 Monate"),
        ("2 year", "every 2 years", "alle 2 Jahre"),
    ] {
        assert_eq!(interval(stored), (in_english.to_owned(), in_german.to_owned()));
    }
    assert_eq!((en.number(1_234_567), de.number(1_234_567)), ("1,234,567".to_owned(), "1.234.567".to_owned()));
}

#[test]
fn a_number_in_a_message_is_exact() {
    let languages = load(&["en", "de"]);
    let written = |language: &str, days: Value<'_>| {
        let mut args = Args::default();
        args.set("days", days);
        let index = MESSAGES.iter().position(|spec| spec.id == "date-in-days").unwrap();
        languages.get(language).unwrap().text(index, &args).into_owned()
    };
    let largest = u64::MAX;
    assert!(written("en", largest.into()).contains("18,446,744,073,709,551,615"));
    assert!(written("de", largest.into()).contains("18.446.744.073.709.551.615"));
    assert!(written("en", 9_007_199_254_740_993_u64.into()).contains("9,007,199,254,740,993"));
    assert!(written("en", i64::MIN.into()).contains("-9,223,372,036,854,775,808"));
    assert!(written("en", 9_007_199_254_740_992_i64.into()).contains("9,007,199,254,740,992"));
}

/// A message that is only joined reads as if Fluent had formatted it.
#[test]
fn joined_messages_are_those_that_fluent_formats() {
    let mut joined = 0;
    for language in load(&["en", "de", "en-XA", "ar-XB"]).iter().map(Locale::language) {
        for (index, spec) in MESSAGES.iter().enumerate() {
            for value in ["Ann <b>&</b> \u{5d0}\u{5d1}", "{ $day }", ""].map(Value::from).into_iter().chain([
                Value::from(0_u32),
                999_u32.into(),
                1_000_u32.into(),
                (-1_i32).into(),
                (-1_000_i32).into(),
                u64::MAX.into(),
            ]) {
                let mut args = Args::default();
                for name in spec.args {
                    args.set(name, value.clone());
                }
                let Some(text) = language.joined(index, &args) else { continue };
                joined += 1;
                assert_eq!(Some(text), language.format(spec.id, Some(&args)), "{}: {value:?}", spec.id);
            }
        }
    }
    assert!(joined > 1_000, "{joined}");
}

#[test]
fn typed_numbers_are_read_in_the_language_of_the_reader() {
    let languages = load(&["en", "de"]);
    let (en, de) = (languages.get("en").unwrap(), languages.get("de").unwrap());
    for (typed, english) in [
        ("29,50", "29.50"),
        ("1.234,5 GB", "1234.5 GB"),
        ("1.000", "1000"),
        ("$2.500", "$2500"),
        ("29.50", "29.50"),
        ("0.125", "0.125"),
        ("12,5,3", "12,5,3"),
        ("unlimited", "unlimited"),
        ("", ""),
    ] {
        assert_eq!(de.typed(typed), english, "{typed}");
        assert_eq!(en.typed(typed), typed);
    }
}

#[test]
fn the_accepted_language_is_matched_by_tag_and_then_by_language() {
    let languages = load(&["en", "de"]);
    for (header, expected) in [
        ("de", Some("de")),
        ("de-AT,en;q=0.5", Some("de")),
        ("fr, de;q=0.3, en;q=0.8", Some("en")),
        ("en-GB", Some("en")),
        ("fr", None),
        ("*", None),
        ("", None),
        (";;;,,q=", None),
        ("de;q=0, en;q=0.1", Some("en")),
        ("de;q=nan, en;q=inf, de;q=-1, de;q=1.5", None),
        ("en;q=0.5, de;q=0.501", Some("de")),
        ("de;q=1.000", Some("de")),
    ] {
        assert_eq!(negotiate(&languages, header).map(Locale::tag), expected, "{header:?}");
    }
}

/// Every file of every built-in language fits the English catalog, and every language has every message.
#[test]
fn the_built_in_languages_are_complete() {
    let mut problems = Vec::new();
    for (language, files) in BUILT_IN {
        let mut found = std::collections::BTreeSet::new();
        for (name, text) in *files {
            problems.extend(check::file(language, &format!("{language}/{name}"), text).iter().map(ToString::to_string));
            found.extend(shape::shapes(text).unwrap_or_default().into_keys());
        }
        let missing = MESSAGES.iter().map(|spec| spec.id).filter(|id| !found.contains(*id));
        problems.extend(missing.map(|id| format!("{language} has no {id}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Each message is used somewhere, by its id.
#[test]
fn every_message_is_used() {
    let mut code = String::new();
    for folder in ["app/src", "app/locales/src", "server/billing/src", "server/src"] {
        read_code(&root().join(folder), &mut code);
    }
    let words: std::collections::HashSet<_> =
        code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').collect();
    let unused: Vec<_> = MESSAGES
        .iter()
        .map(|spec| spec.id)
        .filter(|id| !words.contains(id.replace('-', "_").as_str()) && !words.contains(id))
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
}

fn read_code(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_code(&path, code);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn an_installation_overrides_messages_and_adds_languages() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("en/mine.ftl", "format-minute = { $date } at { $time }\ncatalog-pro = Professional\n"),
        ("fr/all.ftl", "language-name = Français\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let languages = Languages::load(&["en", "fr"], Some(folder.path()), "Acme").unwrap();
    let (en, fr) = (languages.get("en").unwrap(), languages.get("fr").unwrap());
    assert_eq!(en.minute(at("2026-02-01T21:40:00Z")), "1\u{a0}Feb\u{a0}2026 at 21:40");
    assert_eq!((en.translate("Pro"), en.translate("Team")), ("Professional".into(), "Team".into()));
    assert_eq!(fr.name(), "Français");
    assert_eq!(text!(fr => language_direction), "ltr", "from English");
    let price = Money::new(2900, Currency::USD);
    assert_eq!(
        (fr.exact(price), fr.day(at("2026-02-01T00:00:00Z"))),
        ("$29,00".to_owned(), en.day(at("2026-02-01T00:00:00Z")))
    );
    assert!(matches!(Languages::load(&["es"], Some(folder.path()), "Acme"), Err(LanguageError::Unknown(_))));
    fs::write(folder.path().join("fr/all.ftl"), "language-name = {").unwrap();
    assert!(matches!(Languages::load(&["fr"], Some(folder.path()), "Acme"), Err(LanguageError::Messages(_))));
}

#[test]
fn findings_name_the_message_and_what_is_wrong_with_it() {
    let found = |text: &str| check::file("fr", "fr/a.ftl", text).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found("format-minute = { $date } { $time }"), Vec::<String>::new());
    assert_eq!(found("nothing-such = x"), ["fr/a.ftl: nothing-such: there is no message of this id"]);
    let hour = found("format-minute = { $date } { $time } { $hour }");
    assert_eq!(hour, ["fr/a.ftl: format-minute: the English text has no $hour"]);
    assert_eq!(found("format-day = { $month } { $year }"), ["fr/a.ftl: format-day: lacks $day"]);
    assert_eq!(found("format-money = { $amount }"), ["fr/a.ftl: format-money: lacks $currency, $sign"]);
    assert_eq!(found("date-in-days = bientôt"), Vec::<String>::new(), "a sentence may do without an argument");
    assert_eq!(found("language-name = <b>x</b>"), ["fr/a.ftl: language-name: the English text has no <b>"]);
    assert_eq!(found("language-name = <b>x"), ["fr/a.ftl: language-name: <b> is not closed"]);
    let broken = found("language-name = x\n= y");
    assert!(broken[0].starts_with("fr/a.ftl: line 2: "), "{broken:?}");
}

#[test]
fn an_argument_can_not_become_a_tag_and_is_isolated_when_written_from_right_to_left() {
    let name: Value<'_> = "<b>Acme</b>".into();
    let mut args = Args::default();
    args.set("date", name);
    let languages = load(&["en"]);
    let en = languages.default();
    let index = MESSAGES.iter().position(|spec| spec.id == "format-minute").unwrap();
    assert!(en.text(index, &args).starts_with("<b>Acme</b>, "));
    assert_eq!(Rich::parse(&en.raw_text(index, &args), &[]).0.len(), 1);
    let hebrew: Value<'_> = "אקמה".into();
    let mut args = Args::default();
    args.set("date", hebrew);
    assert!(en.text(index, &args).starts_with("\u{2068}אקמה\u{2069}, "));
}

#[test]
fn tags_become_parts() {
    let rich = Rich::parse("It <b>renews</b> on <link>1 Feb</link>.", &[("link", "/membership".into())]);
    assert_eq!(
        rich.0,
        [
            Part::Text("It ".to_owned()),
            Part::Bold("renews".to_owned()),
            Part::Text(" on ".to_owned()),
            Part::Link { href: "/membership".to_owned(), text: "1 Feb".to_owned() },
            Part::Text(".".to_owned()),
        ]
    );
    assert_eq!(rich.plain(), "It renews on 1 Feb.");
}

#[test]
fn pseudo_languages_keep_arguments_tags_and_formats() {
    let languages = load(&["en-XA", "ar-XB"]);
    let (accented, rtl) = (languages.get("en-XA").unwrap(), languages.get("ar-XB").unwrap());
    assert_eq!(accented.day(at("2026-02-01T00:00:00Z")), "1\u{a0}Feb\u{a0}2026");
    assert_eq!((accented.direction(), rtl.direction()), (Direction::LeftToRight, Direction::RightToLeft));
    let text = pseudo::transform("a = Go to <desk>the desk</desk>, { $name }\n", pseudo::Pseudo::Accented);
    assert_eq!(text.trim_end(), "a = [Gó tó  ~]<desk>[thé désk ~]</desk>[, ]{ $name }");
}
