//! Resolves the ids by which the product's back end names tenants.

use std::collections::{HashMap, HashSet};

use domain::{
    ids::TenantId,
    tenant::external_id::{ExternalId, TenantRef},
};

use crate::{
    service::{ServiceError, Tenants},
    store::tenant::tenants::Tenant,
};

impl Tenants {
    /// Returns the id of the tenant that a reference names. An unknown or deleted tenant and the installation are
    /// [`ServiceError::TenantNotFound`].
    ///
    /// Reads memory that is at most a second old. A new external id resolves at once. A replaced external id and a
    /// deleted tenant stop resolving at once on the node of the change, and within a second on every other.
    pub async fn resolve(&self, named: &TenantRef) -> Result<TenantId, ServiceError> {
        match named {
            TenantRef::Id(id) => self.usage().view(id).await.map(|_| id.clone()),
            TenantRef::External(external) => self.resolve_external(external.as_str()).await,
        }
    }

    /// Returns the tenant with an external id, as [`Self::resolve`] does. A text that can't be an external id is
    /// [`ServiceError::TenantNotFound`].
    ///
    /// Every call with an installation key comes here, so a cached external id is found without copying the text.
    pub async fn resolve_external(&self, external: &str) -> Result<TenantId, ServiceError> {
        if let Some(tenant) = self.0.views.fresh_tenant(external) {
            return Ok(tenant);
        }
        if let Some(tenant) = Box::pin(self.confirmed_hint(external)).await? {
            return Ok(tenant);
        }
        let external: ExternalId = external.parse().map_err(|_| ServiceError::TenantNotFound)?;
        Box::pin(self.find_by_external_id(external)).await
    }

    /// Returns the tenants that references name, in order; `None` for a reference that [`Self::resolve`] does not find.
    ///
    /// As fresh as [`Self::resolve`]. What is not in memory is read in a constant number of statements.
    pub async fn resolve_many(&self, requested: &[TenantRef]) -> Result<Vec<Option<TenantId>>, ServiceError> {
        // Many events of one tenant may come here, so each reference is looked up in memory once.
        let mut found: HashMap<&TenantRef, TenantId> = HashMap::with_capacity(requested.len());
        let mut cold: HashSet<&TenantRef> = HashSet::new();
        for named in requested {
            if found.contains_key(named) || cold.contains(named) {
                continue;
            }
            if let Some(tenant) = self.fresh_hint(named) {
                found.insert(named, tenant);
            } else {
                cold.insert(named);
            }
        }
        if !cold.is_empty() {
            found.extend(Box::pin(self.resolve_cold(&cold)).await?);
        }
        Ok(requested.iter().map(|named| found.get(named).cloned()).collect())
    }

    /// Returns the tenant that a reference names; `None` if memory has no fresh answer.
    fn fresh_hint(&self, named: &TenantRef) -> Option<TenantId> {
        let hint = self.hint(named)?;
        let (_, facts) = self.usage().fresh_view(&hint)?;
        has_name(&facts.tenant, named).then_some(hint)
    }

    /// Returns the tenant that the reference probably names; `None` if there is no guess, or for the installation.
    fn hint(&self, named: &TenantRef) -> Option<TenantId> {
        let hint = match named {
            TenantRef::Id(id) => id.clone(),
            TenantRef::External(external) => self.0.views.tenant_hint(external.as_str())?,
        };
        (!hint.is_installation()).then_some(hint)
    }

    /// Resolves references that [`Self::fresh_hint`] did not find. Those that name no tenant are left out.
    async fn resolve_cold<'a>(
        &self,
        cold: &HashSet<&'a TenantRef>,
    ) -> Result<HashMap<&'a TenantRef, TenantId>, ServiceError> {
        let hinted: HashMap<_, _> = cold.iter().filter_map(|&named| Some((named, self.hint(named)?))).collect();
        let tenants = hinted.values().cloned().collect();
        let facts = self.usage().facts_of_many(&tenants).await?;
        let mut found: HashMap<_, _> = hinted
            .into_iter()
            .filter(|(named, tenant)| facts.get(tenant).is_some_and(|facts| has_name(&facts.tenant, named)))
            .collect();
        let unknown: Vec<_> = cold
            .iter()
            .filter_map(|&named| match named {
                TenantRef::External(external) if !found.contains_key(named) => Some((named, external)),
                TenantRef::External(_) | TenantRef::Id(_) => None,
            })
            .collect();
        if !unknown.is_empty() {
            let externals: Vec<_> = unknown.iter().map(|(_, external)| *external).collect();
            let mut reader = self.store().read().await?;
            for (place, tenant) in reader.connection().list_tenants_by_external_ids(&externals).await? {
                let Some((named, external)) = unknown.get(place) else { continue };
                self.0.views.remember_external_id((*external).clone(), tenant.clone());
                found.insert(*named, tenant);
            }
        }
        Ok(found)
    }

    /// Returns the cached tenant of an external id; `None` if none is cached or the tenant no longer has the id.
    async fn confirmed_hint(&self, external: &str) -> Result<Option<TenantId>, ServiceError> {
        let Some(hint) = self.0.views.tenant_hint(external) else { return Ok(None) };
        match self.usage().view(&hint).await {
            Ok((_, facts)) => {
                let current = facts.tenant.external_id.as_ref().map(ExternalId::as_str);
                Ok((current == Some(external)).then_some(hint))
            }
            Err(ServiceError::TenantNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn find_by_external_id(&self, external: ExternalId) -> Result<TenantId, ServiceError> {
        let found = self.store().read().await?.connection().find_tenant_by_external_id(&external).await?;
        let tenant = found.ok_or(ServiceError::TenantNotFound)?;
        self.0.views.remember_external_id(external, tenant.clone());
        Ok(tenant)
    }
}

/// Whether a reference names this tenant and the tenant is not deleted.
fn has_name(tenant: &Tenant, named: &TenantRef) -> bool {
    let is_named = match named {
        TenantRef::Id(id) => tenant.id == *id,
        TenantRef::External(external) => tenant.external_id.as_ref() == Some(external),
    };
    is_named && tenant.deleted_at.is_none()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rstest::rstest;
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::{
        service::{
            Services,
            base::test_env::{StatementCounter, TestEnv},
        },
        store::{Store, testing::Engine},
    };

    async fn execute(store: &Store, sql: String) {
        match store {
            Store::Sqlite(pools) => drop(sqlx::query(AssertSqlSafe(sql)).execute(&pools.writer).await.unwrap()),
            Store::Postgres(pool) => drop(sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap()),
        }
    }

    async fn outcome(services: &Services, named: &str) -> Option<TenantId> {
        match services.tenants().resolve(&named.parse().unwrap()).await {
            Ok(tenant) => Some(tenant),
            Err(ServiceError::TenantNotFound) => None,
            Err(error) => panic!("{named}: {error}"),
        }
    }

    async fn wait_until_unknown(services: &Services, named: &str) {
        let begun = Instant::now();
        while outcome(services, named).await.is_some() {
            assert!(begun.elapsed() < Duration::from_secs(2), "{named} is still known");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[rstest]
    #[tokio::test]
    async fn a_tenant_is_found_by_either_id_until_it_changes(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        let owner = env.owner("free", "owner@acme.test").await;
        let tenant = owner.current_membership.tenant_id;
        let set =
            |column: &str| format!("UPDATE tenants SET {column}, revision = revision + 1 WHERE tenant_id = '{tenant}'");
        execute(&env.database.store, set("external_id = 'org/1'")).await;
        let neighbour = env.another_node().await;
        assert_eq!(outcome(&neighbour, "external:org/1").await, Some(tenant.clone()));
        assert_eq!(outcome(&neighbour, "external:org/1").await, Some(tenant.clone()), "from memory");
        assert_eq!(outcome(&neighbour, tenant.as_str()).await, Some(tenant.clone()));
        for unknown in ["external:org/2", "external:installation", "installation", "unknown"] {
            assert_eq!(outcome(&neighbour, unknown).await, None, "{unknown}");
        }

        execute(&env.database.store, set("external_id = 'org/2'")).await;
        assert_eq!(outcome(&neighbour, "external:org/2").await, Some(tenant.clone()), "a new id holds at once");
        wait_until_unknown(&neighbour, "external:org/1").await;

        execute(&env.database.store, set("deleted_at = 1")).await;
        wait_until_unknown(&neighbour, "external:org/2").await;
        wait_until_unknown(&neighbour, tenant.as_str()).await;
    }

    #[rstest]
    #[tokio::test]
    async fn many_names_are_resolved_as_each_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let env = TestEnv::new(engine).await;
        for number in 0..20 {
            let deleted = if number % 4 == 0 { "1" } else { "NULL" };
            let insert = format!(
                "INSERT INTO tenants (tenant_id, name, external_id, deleted_at, created_at) \
                 VALUES ('id-{number}', 'Mill', 'org/{number}', {deleted}, 0)"
            );
            execute(&env.database.store, insert).await;
        }
        let mut names: Vec<_> =
            (0..25).flat_map(|number| [format!("external:org/{number}"), format!("id-{number}")]).collect();
        names.extend(["installation", "external:installation", "id-1", "external:org/1"].map(str::to_owned));
        let parsed: Vec<TenantRef> = names.iter().map(|name| name.parse().unwrap()).collect();
        let (node, other) = (env.another_node().await, env.another_node().await);
        let mut alone = Vec::new();
        for name in &names {
            alone.push(outcome(&other, name).await);
        }
        assert_eq!(alone.iter().flatten().count(), 15 * 2 + 2);
        for what in ["from the store", "from memory"] {
            assert_eq!(node.tenants().resolve_many(&parsed).await.unwrap(), alone, "{what}");
        }
        assert_eq!(node.tenants().resolve_many(&[]).await.unwrap(), []);

        // An external id moves to another tenant.
        let set = |id: &str, external: &str| {
            let assigned = format!("external_id = {external}, revision = revision + 1");
            execute(&env.database.store, format!("UPDATE tenants SET {assigned} WHERE tenant_id = '{id}'"))
        };
        set("id-1", "NULL").await;
        set("id-2", "'org/1'").await;
        wait_until_unknown(&node, "external:org/2").await;
        let moved = ["external:org/1", "external:org/2"].map(|name| name.parse().unwrap());
        eventually_resolved(&node, &moved, &[Some("id-2"), None]).await;
    }

    async fn eventually_resolved(services: &Services, names: &[TenantRef], expected: &[Option<&str>]) {
        let begun = Instant::now();
        loop {
            let found = services.tenants().resolve_many(names).await.unwrap();
            if found.iter().map(|tenant| tenant.as_ref().map(TenantId::as_str)).eq(expected.iter().copied()) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(2), "{found:?} instead of {expected:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    // On PostgreSQL, because SQLite runs statements on its own thread, where they are not counted.
    #[tokio::test]
    async fn a_known_external_id_is_found_without_a_statement() {
        let env = TestEnv::new(Engine::Postgres).await;
        let insert =
            "INSERT INTO tenants (tenant_id, name, external_id, created_at) VALUES ('id-1', 'Mill', 'org/1', 0)";
        execute(&env.database.store, insert.to_owned()).await;
        let node = env.another_node().await;
        let statements = StatementCounter::default();
        let cost = async || {
            let before = statements.count();
            let _counted = tracing::subscriber::set_default(statements.clone());
            assert_eq!(node.tenants().resolve_external("org/1").await.unwrap().as_str(), "id-1");
            statements.count() - before
        };
        assert!(cost().await > 0, "from the store");
        // On a busy machine, memory may be stale by the next call, which then reads the store.
        let mut costs = Vec::new();
        while costs.last() != Some(&0) {
            assert!(costs.len() < 10, "statements of each call: {costs:?}");
            costs.push(cost().await);
        }
        for unknown in ["org/2", "", "a\nb"] {
            let found = node.tenants().resolve_external(unknown).await;
            assert!(matches!(found, Err(ServiceError::TenantNotFound)), "{unknown:?}");
        }
    }

    #[rstest]
    #[tokio::test]
    async fn the_number_of_statements_does_not_depend_on_the_number_of_names(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        for number in 0..40 {
            let values = format!("('id-{number}', 'Mill', 'org-{number}', 0)");
            let insert = format!("INSERT INTO tenants (tenant_id, name, external_id, created_at) VALUES {values}");
            execute(&env.database.store, insert).await;
        }
        let node = env.another_node().await;
        let names: Vec<TenantRef> = (0..40).map(|number| format!("external:org-{number}").parse().unwrap()).collect();
        let statements = StatementCounter::default();
        let cost = async |some: &[TenantRef]| {
            let before = statements.count();
            let _counted = tracing::subscriber::set_default(statements.clone());
            let found = node.tenants().resolve_many(some).await.unwrap();
            assert!(found.iter().all(Option::is_some), "{found:?}");
            statements.count() - before
        };
        let few = cost(&names[..2]).await;
        // SQLite runs statements on its own thread, where they are not counted.
        assert_eq!(few > 0, engine == Engine::Postgres);
        assert_eq!(cost(&names[2..]).await, few);
    }

    #[rstest]
    #[tokio::test]
    async fn a_check_by_a_known_name_costs_no_statement(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let env = TestEnv::new(engine).await;
        let insert =
            "INSERT INTO tenants (tenant_id, name, external_id, created_at) VALUES ('id-1', 'Mill', 'org-1', 0)";
        execute(&env.database.store, insert.to_owned()).await;
        let node = env.another_node().await;
        let statements = StatementCounter::default();
        let cost = async |name: &str| {
            let before = statements.count();
            let _counted = tracing::subscriber::set_default(statements.clone());
            let tenant = node.tenants().resolve(&name.parse().unwrap()).await.unwrap();
            node.usage().check(&tenant, "projects", 1).await.unwrap();
            statements.count() - before
        };
        for name in ["external:org-1", "id-1"] {
            // On SQLite statements are not counted. On a busy machine a view may be stale by the next call: repeat.
            let mut last = cost(name).await;
            assert!(last > 0 || engine == Engine::Sqlite || name == "id-1", "the first name is read");
            for _ in 0..20 {
                last = cost(name).await;
                if last == 0 {
                    break;
                }
            }
            assert_eq!(last, 0, "{name}");
        }
    }
}
