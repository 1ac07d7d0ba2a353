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
    pub(crate) optional: bool,
    /// It can be read and not changed.
    pub(crate) fixed: bool,
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
            optional,
            fixed,
        } = self;
        let hint_id = format!("{name}-hint");
        let wrong_id = format!("{name}-wrong");
        let described: Vec<String> =
            [wrong.is_some().then(|| wrong_id.clone()), hint.is_some().then(|| hint_id.clone())]
                .into_iter()
                .flatten()
                .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let value = (!value.is_empty()).then_some(value);
        let invalid = (suspect || wrong.is_some()).then_some("true");
        view! {
            <div class="field">
                <label for=name>{label}</label>
                {wrong.map(|wrong| view! { <span class="wrong" id=wrong_id>{wrong}</span> })}
                <input
                    id=name
                    name=name
                    type=kind
                    autocomplete=autocomplete
                    value=value
                    minlength=min_chars
                    maxlength=max_chars
                    required=!optional
                    readonly=fixed
                    aria-invalid=invalid
                    aria-describedby=described
                />
                {hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
            </div>
        }
        .into_any()
    }
}
