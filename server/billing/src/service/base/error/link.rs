//! Why a mailed or shared link does not open.

use domain::error_code::ErrorCode;

/// Why a link is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("{}", ErrorCode::LinkUnknown.message())]
    Unknown,
    #[error("The link was used already. It works only once.")]
    Used,
    #[error("The invitation was withdrawn. Ask the person who invited you for another.")]
    Withdrawn,
    #[error("A newer invitation replaces this one. Use the link of the newer one.")]
    Replaced,
    #[error("The link has expired. Ask for a new one.")]
    Expired,
}

domain::all_variants!(LinkError { Unknown, Used, Withdrawn, Replaced, Expired });
