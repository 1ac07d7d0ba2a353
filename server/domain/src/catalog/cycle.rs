//! The billing cycles of plans.

use serde::{Deserialize, Serialize};

/// The billing cycle of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Cycle {
    #[default]
    Monthly,
    /// The workspace API calls it `annual`, which is accepted everywhere.
    #[serde(alias = "annual")]
    Yearly,
}

impl Cycle {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// The unit of time of a price: `month` or `year`.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Monthly => "month",
            Self::Yearly => "year",
        }
    }
}

crate::all_variants!(Cycle { Monthly, Yearly });

/// The text is not the name of a billing cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a billing cycle is monthly or yearly")]
pub struct UnknownCycle;

impl std::str::FromStr for Cycle {
    type Err = UnknownCycle;

    fn from_str(text: &str) -> Result<Self, UnknownCycle> {
        match text {
            "monthly" => Ok(Self::Monthly),
            "yearly" | "annual" => Ok(Self::Yearly),
            _ => Err(UnknownCycle),
        }
    }
}
