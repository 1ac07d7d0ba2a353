//! Pictures of the documents: SVG files of `server/docs`, placed in the page so that they follow its theme.

use super::code::escaped;

/// Each picture by its name in the documents.
const PICTURES: [(&str, &str); 1] = [("integrate.svg", include_str!("../../../../server/docs/integrate.svg"))];

/// A picture. The Markdown parser appends the alternative text after it creates the picture.
#[derive(Debug)]
pub(super) struct Picture {
    svg: &'static str,
    pub(super) alt: String,
}

impl Picture {
    /// Returns the picture of this name; `None` for a file that is not published.
    pub(super) fn named(file: &str) -> Option<Self> {
        let (_, svg) = *PICTURES.iter().find(|(name, _)| *name == file)?;
        Some(Self { svg, alt: String::new() })
    }

    /// Returns the HTML, which is valid inside a paragraph. On a phone the picture scrolls, because text scaled to the
    /// width would be too small.
    ///
    /// The `<style>` of the file is left out: it is for the file opened alone, the page's policy forbids inline styles,
    /// and the picture takes the text color of the page.
    pub(super) fn html(&self, heading: &str) -> String {
        let attribute = |text: &str| escaped(text).replace('"', "&quot;");
        let (alt, heading) = (attribute(&self.alt), attribute(heading));
        let (head, rest) = self.svg.split_once("<style>").unwrap_or(("", self.svg));
        let body = rest.split_once("</style>").map_or(rest, |(_, body)| body);
        let svg = format!("{head}{body}").replacen("<svg ", &format!(r#"<svg role="img" aria-label="{alt}" "#), 1);
        format!(
            r#"<span class="picture scroll" tabindex="0" role="group" aria-label="Picture: {heading}">{}</span>"#,
            svg.trim_end()
        )
    }
}
