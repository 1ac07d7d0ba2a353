//! The changes that a tenant undergoes during the test.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Unchanged,
    /// Gets another name and another external id.
    Renamed,
    /// Is deleted and restored.
    Restored,
    Deleted,
    /// Is renamed, and then deleted with `purge=true`.
    Erased,
}

impl Course {
    /// Returns the course of a tenant by its number. Of each ten tenants, four change.
    pub(super) fn of(number: usize) -> Self {
        match number % 10 {
            1 => Self::Renamed,
            2 => Self::Restored,
            3 => Self::Deleted,
            4 => Self::Erased,
            _ => Self::Unchanged,
        }
    }

    pub(super) fn ends_alive(self) -> bool {
        matches!(self, Self::Unchanged | Self::Renamed | Self::Restored)
    }

    /// Whether the tenant is deleted at some time.
    pub(super) fn is_deleted(self) -> bool {
        matches!(self, Self::Restored | Self::Deleted | Self::Erased)
    }
}
