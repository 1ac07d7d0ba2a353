//! Why a mailed or shared link does not open.

/// Why a link is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("There is no such link. Check that it was copied whole.")]
    Unknown,
    #[error("The link was used already. It works once.")]
    Used,
    #[error("The invitation was withdrawn. Ask whoever invited you for another.")]
    Withdrawn,
    #[error("A newer invitation took this one's place. Use the link of the newer one.")]
    Replaced,
    #[error("The link has expired. Ask for another.")]
    Expired,
}
