//! Settings of the installation's limits.

use std::{num::NonZeroU32, time::Duration};

use billing::{identity::throttle::SignUpLimits, service::Limits};

use super::{SettingError, Settings};

const SIGN_UPS_PER_ADDRESS: &str = "SIGNUP_LIMIT_ADDRESS";
const SIGN_UPS: &str = "SIGNUP_LIMIT_ALL";
const PROVIDER_READS: &str = "PROVIDER_READ_LIMIT";
const PROVIDER_CALLS: &str = "PROVIDER_CALLS_PER_SEC";
const PROVIDER_ANSWERS_KEPT: &str = "PROVIDER_READ_SECS";

pub(super) fn read(settings: &Settings) -> Result<Limits, SettingError> {
    let defaults = Limits::default();
    let limit = |name, default: Option<NonZeroU32>, each| {
        let default = default.map_or(0, NonZeroU32::get).to_string();
        settings.parsed(name, &default, &format!("a number {each}, 0 for no limit")).map(NonZeroU32::new)
    };
    Ok(Limits {
        sign_ups: SignUpLimits {
            per_address: limit(SIGN_UPS_PER_ADDRESS, defaults.sign_ups.per_address, "of sign-ups in 15 minutes")?,
            in_all: limit(SIGN_UPS, defaults.sign_ups.in_all, "of sign-ups in 15 minutes")?,
        },
        provider_reads_per_minute: limit(
            PROVIDER_READS,
            defaults.provider_reads_per_minute,
            "of questions to the provider a minute",
        )?,
        provider_calls_per_sec: limit(
            PROVIDER_CALLS,
            defaults.provider_calls_per_sec,
            "of calls to the provider a second",
        )?,
        provider_answers_kept: settings
            .parsed::<u8>(
                PROVIDER_ANSWERS_KEPT,
                &defaults.provider_answers_kept.as_secs().to_string(),
                "a number of seconds, 0 to 255",
            )
            .map(|secs| Duration::from_secs(secs.into()))?,
    })
}

pub(super) fn lines(limits: &Limits) -> Vec<(&'static str, String)> {
    let Limits {
        sign_ups: SignUpLimits { per_address, in_all },
        provider_reads_per_minute,
        provider_calls_per_sec,
        provider_answers_kept,
    } = *limits;
    let most = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get).to_string();
    vec![
        (SIGN_UPS_PER_ADDRESS, most(per_address)),
        (SIGN_UPS, most(in_all)),
        (PROVIDER_READS, most(provider_reads_per_minute)),
        (PROVIDER_CALLS, most(provider_calls_per_sec)),
        (PROVIDER_ANSWERS_KEPT, provider_answers_kept.as_secs().to_string()),
    ]
}
