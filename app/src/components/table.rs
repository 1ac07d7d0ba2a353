//! Tables of records. On a narrow page each row folds into a block of its fields.

use std::borrow::Cow;

use leptos::prelude::*;

/// The heading of a column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Text(Cow<'static, str>),
    /// A column of figures, aligned to the right.
    Figure(Cow<'static, str>),
    /// A column of buttons and links. Only screen readers read the heading.
    Button(Cow<'static, str>),
}

/// The vertical alignment of the cells in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowAlign {
    Baseline,
    /// For rows with buttons.
    Middle,
}

/// Renders a table. Only screen readers read `caption`. The cells of `rows` must have ARIA roles.
///
/// With roles, screen readers still read the table as a table where CSS folds its rows into blocks.
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
