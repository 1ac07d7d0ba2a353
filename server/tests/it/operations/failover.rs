//! A server of `PostgreSQL` that accepts no writes, as during a failover: requests are answered 503 and never 500, and
//! work again by themselves.

use domain::tenant::scope::Scope;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::{Cluster, Host, PASSWORD, TestApp, TestDatabase, TestStripe, eventually};

const CONSUME: &str = "/api/v1/billing/features/ai_tokens/consume";

/// Makes every transaction that begins from now on read only, on the whole server.
async fn set_read_only(url: &str, value: &str) {
    let mut admin = PgConnection::connect(url).await.unwrap();
    let alter = AssertSqlSafe(format!("ALTER SYSTEM SET default_transaction_read_only = {value}"));
    sqlx::raw_sql(alter).execute(&mut admin).await.unwrap();
    sqlx::query("SELECT pg_reload_conf()").execute(&mut admin).await.unwrap();
}

#[tokio::test]
async fn writes_to_a_read_only_server_are_answered_503_until_it_accepts_them_again() {
    let cluster = Cluster::start();
    let (database, stripe) = (TestDatabase::on(&cluster).await, TestStripe::start().await);
    let url = database.url.clone();
    let app = TestApp::over(Host::TestProcess, database, stripe, Vec::new()).await;
    let owner = app.owner_granted("business").await;
    let service = app.key_named(&owner, "service", &[Scope::Usage, Scope::Read]).await;
    let amount = json!({ "amount": 1 });
    let mut counted = 0_u64;
    let mut consume = async || {
        let status = service.post(CONSUME, &amount).await.status;
        counted += u64::from(status == 200);
        status
    };
    assert_eq!(consume().await, 200);

    set_read_only(&url, "on").await;
    eventually("a consume is refused", async || consume().await == 503).await;
    let refused = service.post(CONSUME, &amount).await;
    refused.refused(503, "usage_unavailable");
    assert!(refused.header("retry-after").is_some(), "{refused:#?}");
    let credentials = json!({ "email": owner.email, "password": PASSWORD });
    let refused = app.visitor().post("/api/v1/auth/login", &credentials).await;
    refused.refused(503, "store_unavailable");
    assert!(refused.header("retry-after").is_some(), "{refused:#?}");
    for path in ["/usage", "/membership", "/api/v1/billing/status", "/api/v1/auth/me", "/readyz"] {
        let answer = owner.get(path).await;
        assert!([200, 503].contains(&answer.status), "{path}: {answer:#?}");
    }

    set_read_only(&url, "off").await;
    eventually("a consume is counted", async || consume().await == 200).await;
    app.visitor().post("/api/v1/auth/login", &credentials).await.expect(200);
    // Nothing that was refused is counted.
    let check = owner.get("/api/v1/billing/features/ai_tokens/check").await.expect(200);
    assert_eq!(check["used"], counted);
}
