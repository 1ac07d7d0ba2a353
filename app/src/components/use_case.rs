//! The use cases of an enterprise request.

use std::borrow::Cow;

use domain::tenant::enterprise::UseCase;
use locales::text;

/// Names a use case.
pub(crate) fn use_case_title(case: UseCase) -> Cow<'static, str> {
    match case {
        UseCase::FlutterAppRuntime => text!(enterprise_case_flutter),
        UseCase::FlameGameBackend => text!(enterprise_case_flame),
        UseCase::LiveOpsTelemetry => text!(enterprise_case_telemetry),
        UseCase::UnityNativeBridge => text!(enterprise_case_unity),
        UseCase::DartFfi => text!(enterprise_case_ffi),
        UseCase::AiRuntimeIntegration => text!(enterprise_case_ai),
        UseCase::PrivateDeployment => text!(enterprise_case_deployment),
        UseCase::Governance => text!(enterprise_case_governance),
        UseCase::Security => text!(enterprise_case_security),
        UseCase::Compliance => text!(enterprise_case_compliance),
        UseCase::Sla => text!(enterprise_case_sla),
    }
}
