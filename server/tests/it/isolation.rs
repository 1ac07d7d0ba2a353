//! Who is answered how, on every route: `isolation/matrix.txt`.

mod cast;
pub(crate) mod forms;
mod matrix;

use std::collections::BTreeSet;

use rstest::rstest;

use crate::harness::{Answer, Engine, operations};
use cast::{Cast, Route};
use matrix::{Caller, Expected, Row, rows};

#[test]
fn every_route_has_a_row() {
    let routes: BTreeSet<_> = routes().map(Route::name).collect();
    let rows = rows();
    let told: BTreeSet<_> = rows.iter().map(|row| row.route.clone()).collect();
    assert_eq!(told.len(), rows.len(), "no route has two rows");
    let missing: Vec<_> = routes.difference(&told).collect();
    let gone: Vec<_> = told.difference(&routes).collect();
    assert!(missing.is_empty(), "say in isolation/matrix.txt who is answered how at {missing:?}");
    assert!(gone.is_empty(), "there is no {gone:?}: take it out of isolation/matrix.txt");
}

/// The document's, and what pages listen to.
fn routes() -> impl Iterator<Item = Route<'static>> {
    operations().map(Route::Call).chain([Route::Stream])
}

#[rstest]
#[tokio::test]
async fn everybody_is_answered_as_the_table_says(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let cast = Cast::gather(engine).await;
    let mut wrong = Vec::new();
    for Row { route, cells } in rows() {
        let Some(called) = routes().find(|known| known.name() == route) else { continue };
        for ((name, caller), expected) in Caller::ALL.into_iter().zip(cells) {
            let faults = try_one(&cast, called, caller, &expected).await;
            wrong.extend(faults.into_iter().map(|fault| format!("{route} as {name}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "on {engine:?}:\n  {}", wrong.join("\n  "));
}

/// Makes the call, and answers what is not as it should be.
async fn try_one(cast: &Cast, route: Route<'_>, caller: Caller, expected: &Expected) -> Vec<String> {
    let may_change = !caller.is_outside() && expected.code.is_none();
    let prepared = cast.prepare(route, caller).await;
    let before = cast.app.everything_of(&cast.here).await;
    let answer = cast.call(route, caller, prepared).await;
    let after = cast.app.everything_of(&cast.here).await;

    let mut faults = Vec::new();
    let was = Expected { status: answer.status, code: code(&answer) };
    if was != *expected {
        faults.push(format!("answered {was}, and the table says {expected}"));
    }
    if before != after && !may_change {
        let changed = after.iter().filter(|row| !before.contains(row));
        faults.push(format!("rows of the workspace have changed: {:#?}", changed.collect::<Vec<_>>()));
    }
    if caller.is_outside() {
        let seen = cast.secrets().into_iter().filter(|secret| answer.text.contains(secret));
        faults.extend(seen.map(|secret| format!("{secret} is seen in {}", answer.text)));
    }
    faults
}

fn code(answer: &Answer) -> Option<String> {
    (answer.status >= 400).then(|| answer.json()["code"].as_str().unwrap_or("no code").to_owned())
}
