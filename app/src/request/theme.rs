//! The theme that the user selected, in a cookie.

use std::borrow::Cow;

use locales::text;

use crate::request::{PageRequest, cookie::PageCookie};

pub(crate) const THEME: PageCookie = PageCookie::everywhere("theme");

/// The theme that the user selected; `System` by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

domain::all_variants!(Theme { System, Light, Dark });

impl Theme {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn title(self) -> Cow<'static, str> {
        match self {
            Self::System => text!(frame_theme_system),
            Self::Light => text!(frame_theme_light),
            Self::Dark => text!(frame_theme_dark),
        }
    }

    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

impl PageRequest {
    pub(crate) fn theme(&self) -> Theme {
        THEME.value(self).and_then(|value| Theme::named(&value)).unwrap_or(Theme::System)
    }
}
