//! A group of checkboxes with a legend and an error message.

use std::borrow::Cow;

use leptos::prelude::*;

pub(crate) struct Ticks {
    /// Name of every checkbox and id of the first one, which the error summary links to.
    pub(crate) name: &'static str,
    pub(crate) label: Cow<'static, str>,
    /// Error message for the selection.
    pub(crate) wrong: Option<Cow<'static, str>>,
    pub(crate) boxes: Vec<Tick>,
}

pub(crate) struct Tick {
    pub(crate) value: &'static str,
    pub(crate) title: Cow<'static, str>,
    pub(crate) note: Option<Cow<'static, str>>,
    pub(crate) ticked: bool,
}

impl Ticks {
    pub(crate) fn view(self) -> AnyView {
        let Self { name, label, wrong, boxes } = self;
        let wrong_id = format!("{name}-wrong");
        let invalid = wrong.is_some().then_some("true");
        let described = wrong.is_some().then(|| wrong_id.clone());
        let boxes = boxes
            .into_iter()
            .enumerate()
            .map(|(place, Tick { value, title, note, ticked })| {
                view! {
                    <label class="tick-line">
                        <input
                            type="checkbox"
                            id=(place == 0).then_some(name)
                            // A server function reads a list from names with brackets.
                            name=format!("{name}[]")
                            value=value
                            checked=ticked
                            aria-invalid=invalid
                            aria-describedby=described.clone()
                        />
                        <span>{title}{note.map(|note| view! { <small>{note}</small> })}</span>
                    </label>
                }
            })
            .collect_view();
        view! {
            <fieldset class="field">
                <legend>{label}</legend>
                {wrong.map(|wrong| view! { <span class="wrong" id=wrong_id>{wrong}</span> })}
                {boxes}
            </fieldset>
        }
        .into_any()
    }
}
