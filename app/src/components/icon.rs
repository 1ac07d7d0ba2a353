//! Icons beside text.

use std::borrow::Cow;

use leptos::prelude::*;
use maud::{Markup, html};

/// SVG symbols, once in every page; [`icon`] refers to them.
const SYMBOLS: &str = concat!(
    r#"<symbol id="i-up" viewBox="0 0 14 14"><path d="M7 1l5.5 6H9v6H5V7H1.5z"/></symbol>"#,
    r#"<symbol id="i-down" viewBox="0 0 14 14"><path d="M7 13L1.5 7H5V1h4v6h3.5z"/></symbol>"#,
    r#"<symbol id="i-same" viewBox="0 0 14 14"><path d="M2 4h10v2H2zM2 8h10v2H2z"/></symbol>"#,
    r#"<symbol id="i-ok" viewBox="0 0 14 14"><path d="M5.2 12L.8 7.4l1.7-1.7 2.7 2.8L11.5 2l1.7 1.7z"/></symbol>"#,
    r#"<symbol id="i-near" viewBox="0 0 14 14"><path d="M7 .8L13.8 13H.2zM6.2 5v4h1.6V5zm0 5v1.6h1.6V10z" fill-rule="evenodd"/></symbol>"#,
    r#"<symbol id="i-stop" viewBox="0 0 14 14"><path d="M4.1 0h5.8L14 4.1v5.8L9.9 14H4.1L0 9.9V4.1zM3 6v2h8V6z" fill-rule="evenodd"/></symbol>"#,
    r#"<symbol id="i-off" viewBox="0 0 14 14"><path d="M7 1.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zm0 2a3.5 3.5 0 110 7 3.5 3.5 0 010-7z" fill-rule="evenodd"/></symbol>"#,
    r#"<symbol id="i-out" viewBox="0 0 14 14"><path d="M6 1h7v7h-2V4.4L3.7 11.7 2.3 10.3 9.6 3H6z"/></symbol>"#,
    r#"<symbol id="i-more" viewBox="0 0 14 14"><path d="M2 4h10L7 10z"/></symbol>"#,
    r#"<symbol id="i-mark" viewBox="0 0 20 20"><path d="M0 1h20v3H0zM0 7.5h13v3H0zM0 14h20v2H0zM0 18h20v2H0z"/></symbol>"#,
    r#"<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch-line" y2="6"/></pattern>"#,
);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Up,
    Down,
    Same,
    Ok,
    Near,
    Stop,
    Off,
    /// External link.
    Out,
    /// Opens a menu.
    More,
    Mark,
}

impl Icon {
    const fn href(self) -> &'static str {
        match self {
            Self::Up => "#i-up",
            Self::Down => "#i-down",
            Self::Same => "#i-same",
            Self::Ok => "#i-ok",
            Self::Near => "#i-near",
            Self::Stop => "#i-stop",
            Self::Off => "#i-off",
            Self::Out => "#i-out",
            Self::More => "#i-more",
            Self::Mark => "#i-mark",
        }
    }
}

/// Ids of the symbols that a live update may bring to a page: those of states and notices.
pub const LIVE_ICONS: [&str; 4] = ["i-ok", "i-near", "i-stop", "i-off"];

pub(crate) fn symbols() -> impl IntoView {
    view! { <svg class="defs" aria-hidden="true" inner_html=SYMBOLS></svg> }
}

/// Renders an icon at the size of the text. Hidden from screen readers: the text says the same.
pub(crate) fn icon(icon: Icon) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use_ href=icon.href()/></svg> }
}

/// Renders the logo.
pub(crate) fn mark() -> impl IntoView {
    view! { <svg aria-hidden="true"><use_ href=Icon::Mark.href()/></svg> }
}

/// The tone of a state or a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Near,
    Stop,
    Off,
}

impl Tone {
    /// Value of the `data-is` attribute.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Near => "near",
            Self::Stop => "stop",
            Self::Off => "off",
        }
    }

    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Ok => Icon::Ok,
            Self::Near => Icon::Near,
            Self::Stop => Icon::Stop,
            Self::Off => Icon::Off,
        }
    }
}

/// Renders a state: an icon and its words.
pub(crate) fn state(tone: Tone, words: impl Into<Cow<'static, str>>) -> impl IntoView {
    let words = words.into();
    view! { <span class="state" data-is=tone.as_str()>{icon(tone.icon())}{words}</span> }
}

/// Renders a state as [`state`] does, as markup.
pub(crate) fn state_markup(tone: Tone, words: &str) -> Markup {
    html! {
        span class="state" data-is=(tone.as_str()) {
            svg class="icon" aria-hidden="true" { use href=(tone.icon().href()) {} }
            (words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_a_state_is_what_its_view_renders() {
        let rendered = Owner::new().with(|| state(Tone::Near, "2 left").into_any().to_html().replace("<!>", ""));
        assert_eq!(state_markup(Tone::Near, "2 left").0, rendered);
    }

    #[test]
    fn live_updates_bring_the_icons_of_tones() {
        let icons = [Tone::Ok, Tone::Near, Tone::Stop, Tone::Off].map(|tone| tone.icon().href());
        assert_eq!(icons, LIVE_ICONS.map(|id| format!("#{id}")));
    }
}
