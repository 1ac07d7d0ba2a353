//! The brand of an installation: its files, its accent, and how pages show them.

use std::path::Path;

use rstest::rstest;

use crate::harness::{Answer, Engine, TestApp, TestAppBuilder, command};

const LOGO: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path d="M0 0h2v1H0z"/></svg>"#;
const LOGO_DARK: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><path d="M0 0h4v2H0z"/></svg>"#;
/// The signature of PNG and the start of its first chunk.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn written(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn branded(engine: Engine, folder: &Path) -> TestAppBuilder {
    TestApp::on(engine)
        .with("APP_NAME", "Acme Robotics")
        .with("BRAND_LOGO", &written(folder, "logo", LOGO.as_bytes()))
        .with("BRAND_LOGO_DARK", &written(folder, "dark", LOGO_DARK.as_bytes()))
        .with("BRAND_FAVICON", &written(folder, "icon", PNG))
        .with("BRAND_ACCENT", "#0b5f6b")
        .with("TERMS_URL", "https://acme.test/terms")
        .with("SUPPORT_URL", "mailto:help@acme.test")
}

/// Returns the path of the brand's file `stem`, as the page links it.
#[track_caller]
fn linked(page: &Answer, stem: &str) -> String {
    let mut paths = page.text.split('"').filter(|text| text.starts_with("/brand/"));
    let is_it = |path: &&str| path.rsplit_once('-').is_some_and(|(start, _)| start == format!("/brand/{stem}"));
    paths.find(is_it).unwrap_or_else(|| panic!("no {stem} in {}", page.text)).to_owned()
}

#[rstest]
#[tokio::test]
async fn files_of_the_brand_are_served_for_good(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let app = branded(engine, folder.path()).start().await;
    let visitor = app.visitor();
    let page = visitor.get("/login").await;
    for (stem, content_type) in [
        ("logo", "image/svg+xml"),
        ("logo-dark", "image/svg+xml"),
        ("favicon", "image/png"),
        ("brand", "text/css; charset=utf-8"),
    ] {
        let path = linked(&page, stem);
        let file = visitor.get(&path).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some(content_type)), "{path}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = file.header("content-security-policy").unwrap();
        if content_type == "image/svg+xml" {
            assert_eq!(policy, "default-src 'none'; style-src 'unsafe-inline'; sandbox", "{path}");
        }
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    }
    assert_eq!(visitor.get(&linked(&page, "logo-dark")).await.text, LOGO_DARK);
    let style = visitor.get(&linked(&page, "brand")).await.text;
    assert!(style.contains("--green: light-dark(#0b5f6b, #") && style.contains("--on-green:"), "{style}");
    assert_eq!(visitor.get("/favicon.ico").await.header("content-type"), Some("image/png"));
    assert_eq!(visitor.get("/brand/logo-0000.svg").await.status, 404);
}

#[rstest]
#[tokio::test]
async fn pages_show_the_brand(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let app = branded(engine, folder.path()).start().await;
    let visitor = app.visitor();
    let page = visitor.get("/login").await.text;
    let main_style = page.find("/style/dues-").unwrap();
    assert!(
        main_style < page.find("/brand/brand-").unwrap(),
        "the accent comes after the style sheet that it overrides"
    );
    assert!(page.contains(" · Acme Robotics</title>"), "{page}");
    assert!(page.contains(r#"alt="Acme Robotics""#) && page.contains("(prefers-color-scheme: dark)"), "{page}");
    assert!(page.contains("https://acme.test/terms") && page.contains("mailto:help@acme.test"), "{page}");
    assert!(page.contains("Powered by Dues"), "{page}");

    visitor.submit("/rpc/theme", &[("theme", "dark"), ("back", "/login")]).await;
    let dark = visitor.get("/login").await.text;
    assert!(dark.contains("/brand/logo-dark-") && !dark.contains("prefers-color-scheme"), "{dark}");
    visitor.submit("/rpc/theme", &[("theme", "light"), ("back", "/login")]).await;
    assert!(!visitor.get("/login").await.text.contains("/brand/logo-dark-"));
}

#[rstest]
#[tokio::test]
async fn without_a_brand_pages_are_those_of_dues(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let page = app.visitor().get("/login").await.text;
    assert!(page.contains(" · Dues</title>") && page.contains("/style/favicon.svg"), "{page}");
    assert!(!page.contains("/brand/") && !page.contains("Powered by"), "{page}");
    assert_eq!(app.visitor().get("/favicon.ico").await.header("content-type"), Some("image/svg+xml"));
}

#[rstest]
#[tokio::test]
async fn powered_by_can_be_turned_off(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("APP_NAME", "Acme Robotics").with("POWERED_BY", "0").start().await;
    let page = app.visitor().get("/login").await.text;
    assert!(page.contains("Acme Robotics") && !page.contains("Powered by"), "{page}");
}

/// Runs `server config` with settings that it refuses, and returns its line.
async fn refusal(settings: &[(&str, &str)]) -> String {
    let output = command(&["config"]).envs(settings.iter().copied()).output().await.unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_weak_accent_is_refused_with_the_nearest_that_passes() {
    let line = refusal(&[("BRAND_ACCENT", "#3399ff")]).await;
    let (start, nearest) = line.trim_end().rsplit_once(' ').unwrap();
    let expected = "BRAND_ACCENT is wrong: #3399ff has a contrast of 2.6 on the page, 4.5 is needed; the nearest color \
                    that passes is";
    assert!(start.ends_with(expected), "{line}");
    let accepted = command(&["config"]).env("BRAND_ACCENT", nearest).output().await.unwrap();
    assert!(accepted.status.success(), "{accepted:?}");
    assert!(String::from_utf8(accepted.stdout).unwrap().contains(&format!("BRAND_ACCENT={nearest}\n")));
}

#[tokio::test]
async fn a_file_of_another_type_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let page = written(folder.path(), "logo.svg", b"<html><svg xmlns=\"http://www.w3.org/2000/svg\"/></html>");
    let line = refusal(&[("BRAND_LOGO", &page)]).await;
    assert!(
        line.contains("BRAND_LOGO is wrong: it expects the path of an SVG or PNG file of at most 256 KiB"),
        "{line}"
    );
    let large = written(folder.path(), "icon", &[PNG, &vec![0; 64 * 1024]].concat());
    let line = refusal(&[("BRAND_FAVICON", &large)]).await;
    assert!(line.contains("BRAND_FAVICON is wrong: it expects the path of an SVG, PNG or ICO file"), "{line}");
}
