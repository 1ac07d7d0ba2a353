//! A labeled input: label above, hint below, error message above the input.

use std::borrow::Cow;

use leptos::prelude::*;

#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    /// The input's name and id.
    pub(crate) name: &'static str,
    pub(crate) label: Cow<'static, str>,
    /// The input's `type`.
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) hint: Option<Cow<'static, str>>,
    /// Error message for the submitted value.
    pub(crate) wrong: Option<Cow<'static, str>>,
    /// Marks the input invalid without a message: the error may be in this field or in another.
    pub(crate) suspect: bool,
    /// Initial value.
    pub(crate) value: String,
    pub(crate) min_chars: Option<usize>,
    pub(crate) max_chars: Option<usize>,
    /// Latest date allowed.
    pub(crate) latest: Option<String>,
    /// Lowest and highest number allowed.
    pub(crate) least: Option<u64>,
    pub(crate) most: Option<u64>,
    pub(crate) optional: bool,
    /// Whether the input is read-only.
    pub(crate) fixed: bool,
    /// Visible lines of a multi-line text.
    pub(crate) lines: Option<usize>,
}

/// Escapes text for the content of a `textarea`, which leptos does not escape.
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
            least,
            most,
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
                    min=least
                    max=latest.or_else(|| most.map(|most| most.to_string()))
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
