//! How pages look like those of the product: logo, favicon, accent color, and the links at the foot.

mod accent;
mod color;
mod file;

use std::path::{Path, PathBuf};

use billing::{
    mail::look::{Accent, MailLogo},
    service::{Brand, BrandIcon},
};
use url::Url;

use self::{
    accent::{Accents, DARK, Ground, LIGHT},
    color::Color,
    file::Refusal,
};
use super::{SettingError, Settings};

pub use file::{BrandFile, FileKind};

const BRAND_LOGO: &str = "BRAND_LOGO";
const BRAND_LOGO_DARK: &str = "BRAND_LOGO_DARK";
const BRAND_FAVICON: &str = "BRAND_FAVICON";
const BRAND_ACCENT: &str = "BRAND_ACCENT";
const BRAND_ACCENT_DARK: &str = "BRAND_ACCENT_DARK";
const TERMS_URL: &str = "TERMS_URL";
const PRIVACY_URL: &str = "PRIVACY_URL";
const SUPPORT_URL: &str = "SUPPORT_URL";
const STATUS_URL: &str = "STATUS_URL";
const POWERED_BY: &str = "POWERED_BY";

const LOGO_BYTES: usize = 256 * 1024;
const FAVICON_BYTES: usize = 64 * 1024;
/// Each mail carries the logo with it.
const MAIL_LOGO_BYTES: usize = 64 * 1024;

/// Settings of the brand, with the content of its files.
#[derive(Clone, Debug)]
pub struct BrandConfig {
    logo: Option<Image>,
    logo_dark: Option<Image>,
    favicon: Option<Image>,
    accents: Option<Accents>,
    /// The style sheet with the accents.
    style: Option<BrandFile>,
    links: Links,
    powered_by: bool,
}

/// An image with the path that it was read from.
#[derive(Clone, Debug)]
struct Image {
    source: PathBuf,
    file: BrandFile,
}

/// Addresses of pages of the product; `None` for no link.
#[derive(Clone, Debug)]
struct Links {
    terms: Option<Url>,
    privacy: Option<Url>,
    support: Option<Url>,
    status: Option<Url>,
}

impl BrandConfig {
    /// Returns the files that pages link to.
    pub fn files(&self) -> impl Iterator<Item = &BrandFile> {
        let images = [&self.logo, &self.logo_dark, &self.favicon].into_iter().flatten().map(|image| &image.file);
        images.chain(&self.style)
    }

    pub fn favicon(&self) -> Option<&BrandFile> {
        self.favicon.as_ref().map(|image| &image.file)
    }

    /// Returns the logo if mails can carry it. Mail programs show no SVG.
    fn mail_logo(&self) -> Option<MailLogo> {
        let BrandFile { name: _, kind, content } = &self.logo.as_ref()?.file;
        (*kind == FileKind::Png && content.len() <= MAIL_LOGO_BYTES).then(|| MailLogo { png: content.clone() })
    }

    /// Returns what pages and mails need to know of the brand.
    pub fn of_product(&self, app_name: &str) -> Brand {
        let path = |image: Option<&Image>| image.map(|image| image.file.path());
        let Links { terms, privacy, support, status } = self.links.clone();
        Brand {
            app_name: app_name.to_owned(),
            logo: path(self.logo.as_ref()),
            logo_dark: path(self.logo_dark.as_ref()),
            icon: self.favicon().map(|file| BrandIcon { path: file.path(), content_type: file.kind.content_type() }),
            style: self.style.as_ref().map(BrandFile::path),
            accent: self.accents.map_or_else(Accent::default, Accents::for_mails),
            mail_logo: self.mail_logo(),
            terms_url: terms,
            privacy_url: privacy,
            support_url: support,
            status_url: status,
            powered_by: self.powered_by,
        }
    }
}

pub(super) fn read(settings: &Settings) -> Result<BrandConfig, SettingError> {
    let logo = logo(settings, BRAND_LOGO, "logo")?;
    let logo_dark = logo_dark(settings, logo.is_some())?;
    let accents = accents(settings)?;
    Ok(BrandConfig {
        logo,
        logo_dark,
        favicon: favicon(settings)?,
        accents,
        style: accents.map(|accents| BrandFile::new("brand", FileKind::Css, accents.style().into())),
        links: Links {
            terms: web_address(settings, TERMS_URL)?,
            privacy: web_address(settings, PRIVACY_URL)?,
            support: support_address(settings)?,
            status: web_address(settings, STATUS_URL)?,
        },
        powered_by: settings.one_of(POWERED_BY, &["1", "0"])? == "1",
    })
}

fn logo(settings: &Settings, name: &str, stem: &str) -> Result<Option<Image>, SettingError> {
    const EXPECTS: &str = "the path of an SVG or PNG file of at most 256 KiB";
    image(settings, name, EXPECTS, |path| file::read_image(path, stem, &[FileKind::Svg, FileKind::Png], LOGO_BYTES))
}

fn logo_dark(settings: &Settings, has_logo: bool) -> Result<Option<Image>, SettingError> {
    let dark = logo(settings, BRAND_LOGO_DARK, "logo-dark")?;
    if dark.is_some() && !has_logo {
        return Err(settings.wrong(BRAND_LOGO, "the logo for light pages, as BRAND_LOGO_DARK is set"));
    }
    Ok(dark)
}

fn favicon(settings: &Settings) -> Result<Option<Image>, SettingError> {
    const EXPECTS: &str = "the path of an SVG, PNG or ICO file of at most 64 KiB";
    const KINDS: [FileKind; 3] = [FileKind::Svg, FileKind::Png, FileKind::Ico];
    image(settings, BRAND_FAVICON, EXPECTS, |path| file::read_image(path, "favicon", &KINDS, FAVICON_BYTES))
}

fn image(
    settings: &Settings,
    name: &str,
    expects: &str,
    read: impl FnOnce(&Path) -> Result<BrandFile, Refusal>,
) -> Result<Option<Image>, SettingError> {
    let Some(source) = settings.get(name).map(PathBuf::from) else { return Ok(None) };
    match read(&source) {
        Ok(file) => Ok(Some(Image { source, file })),
        Err(Refusal::Unsuitable) => Err(settings.wrong(name, expects)),
        Err(Refusal::Unreadable(error)) => Err(settings.wrong(name, &format!("{expects} ({error})"))),
    }
}

fn accents(settings: &Settings) -> Result<Option<Accents>, SettingError> {
    let dark = accent(settings, BRAND_ACCENT_DARK, &DARK)?;
    let Some(light) = accent(settings, BRAND_ACCENT, &LIGHT)? else {
        return match dark {
            None => Ok(None),
            Some(_) => Err(settings.wrong(BRAND_ACCENT, "the accent for light pages, as BRAND_ACCENT_DARK is set")),
        };
    };
    Ok(Some(dark.map_or_else(|| Accents::from_light(light), |dark| Accents { light, dark })))
}

fn accent(settings: &Settings, name: &str, ground: &Ground) -> Result<Option<Color>, SettingError> {
    let Some(color) = settings.optional::<Color>(name, "a color, as #0b5f6b")? else { return Ok(None) };
    let checked = ground.check(color);
    checked.map(Some).map_err(|low| SettingError::because(&format!("{name} is wrong: {low}")))
}

fn web_address(settings: &Settings, name: &str) -> Result<Option<Url>, SettingError> {
    const EXPECTS: &str = "an http or https address without user, as https://example.com/page";
    let url: Option<Url> = settings.optional(name, EXPECTS)?;
    if url.as_ref().is_none_or(is_web) { Ok(url) } else { Err(settings.wrong(name, EXPECTS)) }
}

fn support_address(settings: &Settings) -> Result<Option<Url>, SettingError> {
    const EXPECTS: &str = "an http, https or mailto: address, as mailto:support@example.com";
    let url: Option<Url> = settings.optional(SUPPORT_URL, EXPECTS)?;
    let is_address = |url: &Url| is_web(url) || url.scheme() == "mailto" && url.path().contains('@');
    if url.as_ref().is_none_or(is_address) { Ok(url) } else { Err(settings.wrong(SUPPORT_URL, EXPECTS)) }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

pub(super) fn lines(config: &BrandConfig) -> Vec<(&'static str, String)> {
    fn or_not_set(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "(not set)".to_owned(), |value| value.to_string())
    }
    let BrandConfig { logo, logo_dark, favicon, accents, style: _, links, powered_by } = config;
    let Links { terms, privacy, support, status } = links;
    let source = |image: Option<&Image>| or_not_set(image.map(|image| image.source.display()));
    vec![
        (BRAND_LOGO, source(logo.as_ref())),
        (BRAND_LOGO_DARK, source(logo_dark.as_ref())),
        (BRAND_FAVICON, source(favicon.as_ref())),
        (BRAND_ACCENT, or_not_set(accents.map(|accents| accents.light))),
        (BRAND_ACCENT_DARK, or_not_set(accents.map(|accents| accents.dark))),
        (TERMS_URL, or_not_set(terms.as_ref())),
        (PRIVACY_URL, or_not_set(privacy.as_ref())),
        (SUPPORT_URL, or_not_set(support.as_ref())),
        (STATUS_URL, or_not_set(status.as_ref())),
        (POWERED_BY, if *powered_by { "1" } else { "0" }.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>"#;

    fn refusal(pairs: &[(&str, &str)]) -> String {
        read(&Settings::of(pairs)).unwrap_err().to_string()
    }

    #[test]
    fn without_settings_pages_are_those_of_dues() {
        let config = read(&Settings::of(&[])).unwrap();
        assert_eq!(config.of_product("Dues"), Brand::default());
        assert_eq!(config.files().count(), 0);
    }

    #[test]
    fn files_and_style_have_addresses_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (light, dark) = (write("light", SVG), write("dark", &SVG.replace("0 0 1 1", "0 0 2 2")));
        let pairs = [
            (BRAND_LOGO, light.as_str()),
            (BRAND_LOGO_DARK, dark.as_str()),
            (BRAND_FAVICON, light.as_str()),
            (BRAND_ACCENT, "#0b5f6b"),
            (POWERED_BY, "0"),
        ];
        let config = read(&Settings::of(&pairs)).unwrap();
        let brand = config.of_product("Acme");
        let paths = [brand.logo, brand.logo_dark, brand.icon.map(|icon| icon.path), brand.style].map(Option::unwrap);
        assert_eq!(config.files().map(BrandFile::path).collect::<Vec<_>>(), paths);
        assert!(brand.app_name == "Acme" && !brand.powered_by);
        assert_eq!(brand.mail_logo, None, "mail programs show no SVG");
        let Accent { light: accent, on_light, dark: accent_dark, on_dark } = brand.accent;
        assert_eq!((accent.as_str(), on_light.as_str()), ("#0b5f6b", "#ffffff"));
        assert!(
            accent_dark.starts_with('#') && accent_dark != accent && on_dark == "#0b0e0c",
            "{accent_dark} {on_dark}"
        );
        let printed = lines(&config);
        assert!(printed.contains(&(BRAND_ACCENT, "#0b5f6b".to_owned())), "{printed:?}");
        assert!(printed.contains(&(BRAND_LOGO, light.clone())), "{printed:?}");
    }

    #[rstest]
    #[case(MAIL_LOGO_BYTES, true)]
    #[case::too_large_for_each_mail(MAIL_LOGO_BYTES + 1, false)]
    fn mails_carry_a_small_png(#[case] bytes: usize, #[case] is_carried: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo");
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        png.resize(bytes, 0);
        std::fs::write(&path, &png).unwrap();
        let path = path.display().to_string();
        let config = read(&Settings::of(&[(BRAND_LOGO, path.as_str())])).unwrap();
        let carried = config.of_product("Acme").mail_logo.map(|logo| logo.png);
        assert_eq!(carried.is_some_and(|carried| carried == png), is_carried);
    }

    #[rstest]
    #[case(&[(BRAND_ACCENT, "teal")], "BRAND_ACCENT is wrong: it expects a color, as #0b5f6b")]
    #[case(&[(BRAND_ACCENT_DARK, "#7fd4e0")],
        "BRAND_ACCENT is missing: it expects the accent for light pages, as BRAND_ACCENT_DARK is set")]
    #[case(&[(POWERED_BY, "no")], "POWERED_BY is wrong: it expects 1 or 0")]
    #[case(&[(TERMS_URL, "/terms")],
        "TERMS_URL is wrong: it expects an http or https address without user, as https://example.com/page")]
    #[case(&[(PRIVACY_URL, "javascript:alert(1)")],
        "PRIVACY_URL is wrong: it expects an http or https address without user, as https://example.com/page")]
    #[case(&[(STATUS_URL, "mailto:a@example.com")],
        "STATUS_URL is wrong: it expects an http or https address without user, as https://example.com/page")]
    #[case(&[(SUPPORT_URL, "mailto:nobody")],
        "SUPPORT_URL is wrong: it expects an http, https or mailto: address, as mailto:support@example.com")]
    #[case(&[(BRAND_LOGO, "/nowhere.svg")],
        "BRAND_LOGO is wrong: it expects the path of an SVG or PNG file of at most 256 KiB (No such file or directory (os error 2))")]
    fn error_names_the_setting_and_what_it_expects(#[case] pairs: &[(&str, &str)], #[case] line: &str) {
        assert_eq!(refusal(pairs), line);
    }

    #[rstest]
    #[case(BRAND_ACCENT, "#3399ff", &[])]
    #[case(BRAND_ACCENT_DARK, "#003366", &[(BRAND_ACCENT, "#0b5f6b")])]
    fn a_weak_accent_is_refused_with_the_nearest_that_passes(
        #[case] name: &str,
        #[case] weak: &str,
        #[case] beside: &[(&str, &str)],
    ) {
        let line = refusal(&[beside, &[(name, weak)]].concat());
        assert!(line.starts_with(&format!("{name} is wrong: {weak} has a contrast of ")), "{line}");
        let (_, nearest) = line.split_once(" on the page, 4.5 is needed; the nearest color that passes is ").unwrap();
        assert!(read(&Settings::of(&[beside, &[(name, nearest)]].concat())).is_ok(), "{nearest}");
    }

    #[test]
    fn a_file_of_another_type_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.svg");
        std::fs::write(&path, "<html></html>").unwrap();
        let path = path.display().to_string();
        for (name, expected) in [(BRAND_LOGO, "SVG or PNG"), (BRAND_FAVICON, "SVG, PNG or ICO")] {
            let line = refusal(&[(name, &path)]);
            assert!(line.starts_with(&format!("{name} is wrong: it expects the path of an {expected}")), "{line}");
        }
        std::fs::write(&path, SVG).unwrap();
        let line = refusal(&[(BRAND_LOGO_DARK, &path)]);
        assert_eq!(line, "BRAND_LOGO is missing: it expects the logo for light pages, as BRAND_LOGO_DARK is set");
    }
}
