//! The response of every route to every caller: `api/isolation/matrix.txt`.

mod fixture;
pub(crate) mod forms;
mod matrix;

use std::collections::BTreeSet;

use rstest::rstest;

use crate::harness::{Answer, Engine, operations};
use fixture::{Fixture, Route};
use matrix::{Caller, Expected, Row, rows};

#[test]
fn every_route_has_a_row() {
    let routes: BTreeSet<_> = routes().map(Route::name).collect();
    let rows = rows();
    let listed: BTreeSet<_> = rows.iter().map(|row| row.route.clone()).collect();
    assert_eq!(listed.len(), rows.len(), "a route has two rows");
    let missing: Vec<_> = routes.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&routes).collect();
    assert!(missing.is_empty(), "add rows to api/isolation/matrix.txt for {missing:?}");
    assert!(gone.is_empty(), "remove {gone:?} from api/isolation/matrix.txt: the routes do not exist");
}

/// Returns every operation of `openapi.json`, and the event stream of the pages.
fn routes() -> impl Iterator<Item = Route<'static>> {
    operations().map(Route::Call).chain([Route::Stream])
}

#[rstest]
#[tokio::test]
async fn every_caller_gets_the_answer_in_the_matrix(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let fixture = Fixture::start(engine).await;
    let mut wrong = Vec::new();
    for Row { route, cells } in rows() {
        let Some(called) = routes().find(|known| known.name() == route) else { continue };
        for (caller, expected) in Caller::ALL.into_iter().zip(cells) {
            let faults = check_cell(&fixture, called, caller, &expected).await;
            wrong.extend(faults.into_iter().map(|fault| format!("{route} as {}: {fault}", caller.column())));
        }
    }
    assert!(wrong.is_empty(), "on {engine:?}:\n  {}", wrong.join("\n  "));
}

/// Makes the call and returns how its response differs from the matrix.
async fn check_cell(fixture: &Fixture, route: Route<'_>, caller: Caller, expected: &Expected) -> Vec<String> {
    let may_change = !caller.is_outside() && expected.code.is_none();
    let prepared = fixture.prepare(route, caller).await;
    let before = fixture.app.tenant_rows(&fixture.here).await;
    let answer = fixture.call(route, caller, prepared).await;
    let after = fixture.app.tenant_rows(&fixture.here).await;

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
        let seen = fixture.secrets().into_iter().filter(|secret| answer.text.contains(secret));
        faults.extend(seen.map(|secret| format!("{secret} is seen in {}", answer.text)));
    }
    faults
}

fn code(answer: &Answer) -> Option<String> {
    (answer.status >= 400).then(|| answer.json()["code"].as_str().unwrap_or("no code").to_owned())
}
