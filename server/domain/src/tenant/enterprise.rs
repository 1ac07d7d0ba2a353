//! Enterprise requests: inquiries for more than a listed plan.

use serde::{Deserialize, Serialize};

use crate::{
    account::Email,
    ids::{TenantId, UserId},
    time::Timestamp,
};

/// An intended use that an enterprise request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UseCase {
    FlutterAppRuntime,
    FlameGameBackend,
    LiveOpsTelemetry,
    UnityNativeBridge,
    DartFfi,
    AiRuntimeIntegration,
    PrivateDeployment,
    Governance,
    Security,
    Compliance,
    Sla,
}

crate::all_variants!(
    /// In display order.
    UseCase {
        FlutterAppRuntime,
        FlameGameBackend,
        LiveOpsTelemetry,
        UnityNativeBridge,
        DartFfi,
        AiRuntimeIntegration,
        PrivateDeployment,
        Governance,
        Security,
        Compliance,
        Sla,
    }
);

impl UseCase {
    /// The name in the API and the database; never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FlutterAppRuntime => "flutter_app_runtime",
            Self::FlameGameBackend => "flame_game_backend",
            Self::LiveOpsTelemetry => "live_ops_telemetry",
            Self::UnityNativeBridge => "unity_native_bridge",
            Self::DartFfi => "dart_ffi",
            Self::AiRuntimeIntegration => "ai_runtime_integration",
            Self::PrivateDeployment => "private_deployment",
            Self::Governance => "governance",
            Self::Security => "security",
            Self::Compliance => "compliance",
            Self::Sla => "sla",
        }
    }

    /// The name on pages and in mails.
    pub const fn title(self) -> &'static str {
        match self {
            Self::FlutterAppRuntime => "Flutter app runtime",
            Self::FlameGameBackend => "Flame game backend",
            Self::LiveOpsTelemetry => "Live-ops telemetry",
            Self::UnityNativeBridge => "Unity or native bridge planning",
            Self::DartFfi => "Dart FFI",
            Self::AiRuntimeIntegration => "AI runtime integration",
            Self::PrivateDeployment => "Private deployment",
            Self::Governance => "Governance",
            Self::Security => "Security",
            Self::Compliance => "Compliance",
            Self::Sla => "SLA needs",
        }
    }
}

/// The text is not the name of a use case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such use case")]
pub struct UnknownUseCase;

impl std::str::FromStr for UseCase {
    type Err = UnknownUseCase;

    fn from_str(text: &str) -> Result<Self, UnknownUseCase> {
        Self::ALL.into_iter().find(|case| case.as_str() == text).ok_or(UnknownUseCase)
    }
}

/// The state of an enterprise request in the sales process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseRequestState {
    /// Not answered yet.
    #[default]
    New,
    Talking,
    Won,
    Lost,
}

crate::all_variants!(
    /// In display order.
    EnterpriseRequestState {
        New,
        Talking,
        Won,
        Lost,
    }
);

impl EnterpriseRequestState {
    /// The name in the database and on the command line; never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Talking => "talking",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// The text is not the name of a request's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request is new, talking, won or lost")]
pub struct UnknownEnterpriseRequestState;

impl std::str::FromStr for EnterpriseRequestState {
    type Err = UnknownEnterpriseRequestState;

    fn from_str(text: &str) -> Result<Self, UnknownEnterpriseRequestState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownEnterpriseRequestState)
    }
}

/// A request. Optional texts that were left out are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseRequest {
    pub id: String,
    pub company: String,
    pub contact_name: String,
    pub email: Email,
    pub use_cases: Vec<UseCase>,
    pub expected_scale: String,
    pub notes: String,
    /// The workspace that was selected, if the sender was signed in.
    pub tenant: Option<TenantId>,
    pub user: Option<UserId>,
    pub created_at: Timestamp,
    pub handling: Handling,
}

/// The state of a request and the operators' note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    pub state: EnterpriseRequestState,
    /// For operators only.
    pub note: String,
    /// When state or note was last changed, in wall time.
    pub changed_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_names_round_trip() {
        for state in EnterpriseRequestState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("Won".parse::<EnterpriseRequestState>(), Err(UnknownEnterpriseRequestState));
    }

    #[test]
    fn use_case_names_round_trip() {
        for case in UseCase::ALL {
            assert_eq!(case.as_str().parse(), Ok(case));
            assert_eq!(serde_json::to_value(case).unwrap(), case.as_str());
        }
        assert_eq!("Governance".parse::<UseCase>(), Err(UnknownUseCase));
    }
}
