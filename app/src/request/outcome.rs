//! The outcome of the last form: the code in the query of the page that the form redirected to.

use domain::error_code::ErrorCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// The form's code for the action that was done.
    Done(&'a str),
    Refused(ErrorCode),
}

impl<'a> Outcome<'a> {
    pub(crate) fn of(code: &'a str) -> Self {
        code.parse().map_or(Self::Done(code), Self::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_the_registry_is_a_refusal() {
        assert_eq!(Outcome::of("conflict"), Outcome::Refused(ErrorCode::Conflict));
        assert_eq!(Outcome::of("joined"), Outcome::Done("joined"));
    }
}
