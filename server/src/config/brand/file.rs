//! Files of the brand: read once, and accepted by their content, not by their name.

use std::{fs::File, io::Read, path::Path};

use axum::body::Bytes;

use crate::encoded::content_hash;

const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const ICO_SIGNATURE: &[u8] = b"\0\0\x01\0";

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Svg,
    Png,
    Ico,
    Css,
}

impl FileKind {
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Ico => "image/x-icon",
            Self::Css => "text/css; charset=utf-8",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Ico => "ico",
            Self::Css => "css",
        }
    }

    /// Recognizes an image by its first bytes.
    fn of_image(content: &[u8]) -> Option<Self> {
        if content.starts_with(PNG_SIGNATURE) {
            Some(Self::Png)
        } else if content.starts_with(ICO_SIGNATURE) {
            Some(Self::Ico)
        } else {
            is_svg(std::str::from_utf8(content).ok()?).then_some(Self::Svg)
        }
    }
}

/// Whether the root element of a document is `svg`. Browsers draw it as an image only with its namespace.
fn is_svg(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    for (start, end) in [("<?xml", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">"), ("<!--", "-->")] {
        while let Some((_, after)) = rest.strip_prefix(start).and_then(|begun| begun.split_once(end)) {
            rest = after.trim_start();
        }
    }
    let Some(root) = rest.strip_prefix("<svg") else { return false };
    let head = root.split_once('>').map_or("", |(head, _)| head);
    root.starts_with(|next: char| next.is_ascii_whitespace()) && head.contains(SVG_NAMESPACE)
}

/// A file that pages link to, under a name with a hash of its content.
#[derive(Clone)]
pub struct BrandFile {
    pub name: String,
    pub kind: FileKind,
    pub content: Bytes,
}

impl std::fmt::Debug for BrandFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("BrandFile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl BrandFile {
    pub(super) fn new(stem: &str, kind: FileKind, content: Bytes) -> Self {
        let name = format!("{stem}-{}.{}", content_hash(&content), kind.extension());
        Self { name, kind, content }
    }

    /// The path under which the file is served.
    pub fn path(&self) -> String {
        format!("/brand/{}", self.name)
    }
}

/// Why a file can't be taken.
#[derive(Debug)]
pub(super) enum Refusal {
    Unreadable(std::io::Error),
    /// Too large, or of another type.
    Unsuitable,
}

/// Reads an image of one of these types that is no larger than `max_bytes`.
pub(super) fn read_image(path: &Path, stem: &str, kinds: &[FileKind], max_bytes: usize) -> Result<BrandFile, Refusal> {
    // Opening a pipe would wait for its writer.
    if !path.metadata().map_err(Refusal::Unreadable)?.is_file() {
        return Err(Refusal::Unsuitable);
    }
    let mut content = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path).map_err(Refusal::Unreadable)?;
    file.take(limit).read_to_end(&mut content).map_err(Refusal::Unreadable)?;
    let kind = FileKind::of_image(&content).filter(|kind| kinds.contains(kind)).ok_or(Refusal::Unsuitable)?;
    if content.len() > max_bytes {
        return Err(Refusal::Unsuitable);
    }
    Ok(BrandFile::new(stem, kind, content.into()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>"#;

    #[rstest]
    #[case(SVG, true)]
    #[case(&format!("\u{feff}<?xml version=\"1.0\"?>\n<!-- a -->\n<!DOCTYPE svg>\n<!-- > -->\n{SVG}"), true)]
    #[case(&format!("<html>{SVG}</html>"), false)]
    #[case("<svg viewBox=\"0 0 1 1\"/>", false)]
    #[case(&format!("<svgx {SVG}"), false)]
    #[case(&format!("<!-- {SVG}"), false)]
    #[case("", false)]
    fn an_svg_is_known_by_its_root_element(#[case] text: &str, #[case] is_it: bool) {
        assert_eq!(FileKind::of_image(text.as_bytes()).is_some(), is_it, "{text}");
    }

    #[rstest]
    #[case(b"\x89PNG\r\n\x1a\n....", Some(FileKind::Png))]
    #[case(b"\0\0\x01\0\x01\0", Some(FileKind::Ico))]
    #[case(b"GIF89a", None)]
    #[case(b"\xff\xd8\xff\xe0", None)]
    fn other_images_are_known_by_their_signature(#[case] content: &[u8], #[case] kind: Option<FileKind>) {
        assert_eq!(FileKind::of_image(content), kind);
    }

    #[test]
    fn a_file_is_named_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        std::fs::write(&path, SVG).unwrap();
        let file = read_image(&path, "logo", &[FileKind::Svg, FileKind::Png], SVG.len()).unwrap();
        assert!(
            file.name.starts_with("logo-") && Path::new(&file.name).extension().is_some_and(|kind| kind == "svg"),
            "{}",
            file.name
        );
        assert_eq!(file.kind.content_type(), "image/svg+xml");
        let refused = |kinds: &[FileKind], most| read_image(&path, "logo", kinds, most).unwrap_err();
        assert!(matches!(refused(&[FileKind::Png], 1000), Refusal::Unsuitable), "of another type");
        assert!(matches!(refused(&[FileKind::Svg], SVG.len() - 1), Refusal::Unsuitable), "too large");
        assert!(matches!(read_image(folder.path(), "logo", &[FileKind::Svg], 9).unwrap_err(), Refusal::Unsuitable));
        let absent = read_image(&folder.path().join("none"), "logo", &[FileKind::Svg], 9);
        assert!(matches!(absent.unwrap_err(), Refusal::Unreadable(_)));
    }
}
