//! Tables of records. On a narrow page each row folds into a block of its fields.

use leptos::prelude::*;

/// The heading of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    Text(&'static str),
    /// Aligned to the right.
    Figure(&'static str),
    /// Of buttons and links. Only screen readers read the heading.
    Button(&'static str),
}

/// How the cells of a row are aligned: in the middle of the row where it has buttons.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowAlign {
    Baseline,
    Middle,
}

/// Renders a table. `caption` is for screen readers. The roles keep it a table for them where rows fold; the cells of
/// `rows` need roles, too.
pub(crate) fn record_table(
    align: RowAlign,
    caption: impl Into<String>,
    columns: impl IntoIterator<Item = Column>,
    rows: impl IntoView + 'static,
) -> AnyView {
    let class = match align {
        RowAlign::Baseline => "ledger fold",
        RowAlign::Middle => "ledger mid fold",
    };
    let columns = columns.into_iter().map(heading).collect_view();
    view! {
        <table class=class role="table">
            <caption class="unseen">{caption.into()}</caption>
            <thead role="rowgroup">
                <tr role="row">{columns}</tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn heading(column: Column) -> AnyView {
    match column {
        Column::Text(words) => view! { <th role="columnheader" scope="col">{words}</th> }.into_any(),
        Column::Figure(words) => view! { <th role="columnheader" scope="col" class="num">{words}</th> }.into_any(),
        Column::Button(words) => {
            view! { <th role="columnheader" scope="col" class="num"><span class="unseen">{words}</span></th> }
                .into_any()
        }
    }
}
