//! A labelled input: label above, hint under it, the mistake in red above the input.

use leptos::prelude::*;

#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    /// The input's id, too.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The input's type.
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) hint: Option<String>,
    /// What is wrong with what was sent.
    pub(crate) wrong: Option<String>,
    /// It may be the one that is wrong, without saying so.
    pub(crate) suspect: bool,
    /// What stands in it already.
    pub(crate) value: String,
    pub(crate) min_chars: Option<usize>,
    pub(crate) max_chars: Option<usize>,
    /// The last day that makes sense.
    pub(crate) latest: Option<String>,
    pub(crate) optional: bool,
    /// It can be read and not changed.
    pub(crate) fixed: bool,
    /// How many lines are seen of a text that may have several.
    pub(crate) lines: Option<usize>,
}

/// A text as it stands in a `textarea`, whose content leptos writes into the page as it is given.
pub(crate) fn within_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

impl Field {
    pub(crate) fn view(self) -> AnyView {
        let Self {
            name,
            label,
            kind,
            autocomplete,
            hint,
            wrong,
            suspect,
            value,
            min_chars,
            max_chars,
            latest,
            optional,
            fixed,
            lines,
        } = self;
        let hint_id = format!("{name}-hint");
        let wrong_id = format!("{name}-wrong");
        let described: Vec<String> =
            [wrong.is_some().then(|| wrong_id.clone()), hint.is_some().then(|| hint_id.clone())]
                .into_iter()
                .flatten()
                .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let invalid = (suspect || wrong.is_some()).then_some("true");
        let control = match lines {
            Some(lines) => view! {
                <textarea
                    id=name
                    name=name
                    rows=lines
                    autocomplete=autocomplete
                    maxlength=max_chars
                    required=!optional
                    readonly=fixed
                    aria-invalid=invalid
                    aria-describedby=described
                >
                    {within_textarea(&value)}
                </textarea>
            }
            .into_any(),
            None => view! {
                <input
                    id=name
                    name=name
                    type=kind
                    autocomplete=autocomplete
                    value=(!value.is_empty()).then_some(value)
                    minlength=min_chars
                    maxlength=max_chars
                    max=latest
                    required=!optional
                    readonly=fixed
                    aria-invalid=invalid
                    aria-describedby=described
                />
            }
            .into_any(),
        };
        view! {
            <div class="field">
                <label for=name>{label}</label>
                {wrong.map(|wrong| view! { <span class="wrong" id=wrong_id>{wrong}</span> })}
                {control}
                {hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
            </div>
        }
        .into_any()
    }
}
