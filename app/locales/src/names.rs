//! Names of things that pages and mails both mention.

use std::borrow::Cow;

use domain::tenant::enterprise::UseCase;

use crate::{ids, language::Locale, render::plain};

impl Locale {
    /// Names a use case of an enterprise request.
    pub fn use_case(self, case: UseCase) -> Cow<'static, str> {
        match case {
            UseCase::FlutterAppRuntime => plain(self, ids::enterprise_case_flutter {}),
            UseCase::FlameGameBackend => plain(self, ids::enterprise_case_flame {}),
            UseCase::LiveOpsTelemetry => plain(self, ids::enterprise_case_telemetry {}),
            UseCase::UnityNativeBridge => plain(self, ids::enterprise_case_unity {}),
            UseCase::DartFfi => plain(self, ids::enterprise_case_ffi {}),
            UseCase::AiRuntimeIntegration => plain(self, ids::enterprise_case_ai {}),
            UseCase::PrivateDeployment => plain(self, ids::enterprise_case_deployment {}),
            UseCase::Governance => plain(self, ids::enterprise_case_governance {}),
            UseCase::Security => plain(self, ids::enterprise_case_security {}),
            UseCase::Compliance => plain(self, ids::enterprise_case_compliance {}),
            UseCase::Sla => plain(self, ids::enterprise_case_sla {}),
        }
    }
}
