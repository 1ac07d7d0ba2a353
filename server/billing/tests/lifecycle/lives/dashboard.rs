//! What a person does at the provider's dashboard.

mod polar;
mod stripe;

use domain::subscription::Provider;
use rand::{Rng as _, rngs::StdRng};

use super::{life::Life, offer::Offer};
use crate::test_env::TestEnv;

/// The most live subscriptions of a customer that a person began.
const MOST_BY_HAND: usize = 2;

pub(super) async fn act(life: &mut Life, env: &TestEnv, offer: &Offer) {
    match env.provider_name() {
        Provider::Stripe => stripe::act(life, env, offer).await,
        Provider::Polar => polar::act(life, env, offer).await,
    }
}

/// All events of a person at the provider's dashboard.
pub(super) fn events(at: Provider) -> Vec<&'static str> {
    match at {
        Provider::Stripe => stripe::Event::ALL.map(stripe::Event::as_str).to_vec(),
        Provider::Polar => polar::Event::ALL.map(polar::Event::as_str).to_vec(),
    }
}

fn pick<T: Copy>(rng: &mut StdRng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())]
}

/// Whether a person may begin another subscription.
fn may_begin(life: &Life) -> bool {
    life.live().filter(|subscription| life.is_by_hand(subscription)).count() < MOST_BY_HAND
}
