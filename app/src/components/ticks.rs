//! A list of boxes to tick under one head, and the mistake above them.

use leptos::prelude::*;

pub(crate) struct Ticks {
    /// The name of every box; the first one has it for its id, so that a summary of mistakes leads there.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// What is wrong with what was ticked.
    pub(crate) wrong: Option<String>,
    pub(crate) boxes: Vec<Tick>,
}

pub(crate) struct Tick {
    pub(crate) value: &'static str,
    pub(crate) title: &'static str,
    pub(crate) note: Option<&'static str>,
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
                            // As a server function reads a list.
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
