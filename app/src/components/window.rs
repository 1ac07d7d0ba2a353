//! Links to other sites from a page in a frame.

use crate::request::PageRequest;

/// Returns the `target` of a link to another site: the whole window if the page is in a frame, else none.
///
/// A link to the product leaves the frame, because the product is the site around it. Payment providers' pages can't be
/// framed.
pub(crate) fn window_of_other_site() -> Option<&'static str> {
    PageRequest::now().is_some_and(|req| req.is_framed()).then_some("_top")
}
