//! How mails look like those of the product: accent, logo, and the links at the foot.

use std::borrow::Cow;

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use locales::{Locale, text};
use url::Url;

/// The one style of mails. Programs that ignore it show readable HTML all the same.
const STYLE: &str = include_str!("style.css");
/// The content id of the logo within a mail.
pub(super) const LOGO_ID: &str = "logo";

/// The accent on light and on dark pages, as CSS colors, each with the color of text on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accent {
    pub light: String,
    pub on_light: String,
    pub dark: String,
    pub on_dark: String,
}

impl Default for Accent {
    /// The accent of Dues, as in `style/dues.css`.
    fn default() -> Self {
        let [light, on_light, dark, on_dark] = ["#12543a", "#ffffff", "#86d2a9", "#0a1a12"].map(str::to_owned);
        Self { light, on_light, dark, on_dark }
    }
}

/// A logo that mails carry with them. It is a PNG: mail programs show no SVG, and nothing is loaded.
#[derive(Clone, PartialEq, Eq)]
pub struct MailLogo {
    pub png: Bytes,
}

impl std::fmt::Debug for MailLogo {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("MailLogo").field("bytes", &self.png.len()).finish()
    }
}

/// Where the HTML of a mail is shown, which decides how it refers to the logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A mail program: the logo is a part of the mail.
    Mail,
    /// A browser: the logo is within the HTML.
    Browser,
}

/// What all mails of an installation have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailLook {
    pub accent: Accent,
    /// `None` for the product's name in letters.
    pub logo: Option<MailLogo>,
    pub terms_url: Option<Url>,
    pub privacy_url: Option<Url>,
    pub support_url: Option<Url>,
}

impl MailLook {
    /// Returns the style sheet.
    pub(super) fn style(&self) -> String {
        let Accent { light, on_light, dark, on_dark } = &self.accent;
        STYLE
            .replace("$light-accent", light)
            .replace("$on-light-accent", on_light)
            .replace("$dark-accent", dark)
            .replace("$on-dark-accent", on_dark)
    }

    /// Returns the source expression that allows the style of mails, and no other, in a content security policy.
    pub fn style_source(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.style().as_bytes());
        format!("'sha256-{}'", BASE64_STANDARD.encode(hash))
    }

    /// Returns the address of the logo in the HTML; `None` without a logo.
    pub(super) fn logo_address(&self, medium: Medium) -> Option<String> {
        let MailLogo { png } = self.logo.as_ref()?;
        Some(match medium {
            Medium::Mail => format!("cid:{LOGO_ID}"),
            Medium::Browser => format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)),
        })
    }

    /// Returns the links at the foot, as label and address.
    pub(super) fn links(&self, language: Locale) -> Vec<(Cow<'static, str>, &Url)> {
        let links = [
            (&self.terms_url, text!(language => brand_terms)),
            (&self.privacy_url, text!(language => brand_privacy)),
            (&self.support_url, text!(language => brand_support)),
        ];
        links.into_iter().filter_map(|(url, label)| Some((label, url.as_ref()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &str = include_str!("../../../../style/dues.css");

    #[test]
    fn the_accent_of_dues_is_that_of_its_pages() {
        let Accent { light, on_light, dark, on_dark } = Accent::default();
        for (token, light, dark) in [("green", light, dark), ("on-green", on_light, on_dark)] {
            let expected = format!("--{token}: light-dark({light}, {dark});");
            assert!(PAGES.contains(&expected), "style/dues.css lacks {expected}");
        }
    }

    #[test]
    fn the_style_has_the_accent_and_no_placeholder() {
        let [light, on_light, dark, on_dark] = ["#0b5f6b", "#fffffe", "#7fd4e0", "#0b0e0c"].map(str::to_owned);
        let look = MailLook { accent: Accent { light, on_light, dark, on_dark }, ..MailLook::default() };
        let style = look.style();
        for expected in ["background:#0b5f6b;color:#fffffe", "background:#7fd4e0;color:#0b0e0c", "a{color:#0b5f6b}"] {
            assert!(style.contains(expected), "{expected}: {style}");
        }
        for left in ["$", "#12543a", "#86d2a9"] {
            assert!(!style.contains(left), "{left}: {style}");
        }
        assert_ne!(look.style_source(), MailLook::default().style_source());
    }

    #[test]
    fn mails_lie_on_the_paper_of_pages() {
        let style = MailLook::default().style();
        for ground in ["body{margin:0;background:#f6f5ee;", "body{background:#12171b;"] {
            assert!(style.contains(ground), "{ground}: {style}");
        }
        assert!(PAGES.contains("--paper: light-dark(#f6f5ee, #12171b);"), "accents are checked on this paper");
    }
}
