//! `/pricing`: the listed plans with prices and limits. The page needs no sign-in: then it reads only the catalog in
//! memory. A workspace that has subscribed sees the prices in its currency.

mod limits_table;

use domain::{
    account::{WorkspaceUser, WorkspaceViewer},
    catalog::{Catalog, Cycle, Plan, Pricing},
    money::Currency,
};
use leptos::prelude::*;
use locales::{rich, text};
use url::Url;

use self::limits_table::limits_table;
use crate::{
    actions::enterprise::ENTERPRISE_PATH,
    components::{
        membership::{
            cycle::{months_in_a_year, yearly_label},
            plan_card::{review_path, short_title, sold_limit_view},
            seats::{price_of_all_seats, price_of_further_seats},
        },
        page::{
            Place, embedded_frame,
            entry::{entry, opening},
            failure::failure,
            frame,
            not_found::not_found,
            script::hydration_script,
        },
        rich::rich_text,
    },
    islands::cycle_choice::CycleChoice,
    request::{PageRequest, local_path::with_query, services},
    wording::{exact, name},
};

pub const PATH: &str = "/pricing";

/// What the page shows, and where its links lead.
pub(in crate::pages) struct PricingPage<'a> {
    catalog: &'a Catalog,
    /// The configured URL that "Choose" leads to. With `None`, "Choose" leads to sign-up, checkout or membership.
    action_url: Option<&'a Url>,
    pub(in crate::pages) viewer: Option<WorkspaceViewer>,
    cycle: Cycle,
    currency: Currency,
    /// Whether the visitor can choose another currency.
    is_currency_open: bool,
    is_framed: bool,
}

pub(crate) fn pricing() -> AnyView {
    let (Some(req), Some(services)) = (PageRequest::now(), services()) else { return ().into_any() };
    let access = &services.settings().browser_access;
    if !access.public_plans {
        return not_found();
    }
    let Some(viewer) = req.workspace_viewer() else {
        return PricingPage::new(&req, services.catalog(), access.pricing_action_url.as_ref()).view();
    };
    Suspend::new(async move {
        let action_url = services.settings().browser_access.pricing_action_url.as_ref();
        let page = PricingPage::new(&req, services.catalog(), action_url);
        match services.subscriptions().currency_set(&viewer.current_membership.tenant_id).await {
            Ok(currency) => page.paid_in(currency).view(),
            Err(error) => failure(&error, viewer.account_viewer()),
        }
    })
    .into_any()
}

impl<'a> PricingPage<'a> {
    /// Reads cycle and currency from the query. Values that are not offered are ignored.
    pub(in crate::pages) fn new(req: &PageRequest, catalog: &'a Catalog, action_url: Option<&'a Url>) -> Self {
        let chosen = req.query("currency").and_then(|code| code.parse().ok());
        let currency = chosen.filter(|chosen| catalog.sells_in(*chosen)).unwrap_or(catalog.currency);
        let cycle = req.cycle().unwrap_or_default();
        let (viewer, is_framed) = (req.workspace_viewer(), req.is_framed());
        Self { catalog, action_url, viewer, cycle, currency, is_currency_open: true, is_framed }
    }

    /// Shows the prices in the currency that the workspace's subscriptions set, if any.
    pub(in crate::pages) fn paid_in(self, set: Option<Currency>) -> Self {
        match set {
            Some(currency) => Self { currency, is_currency_open: false, ..self },
            None => self,
        }
    }

    pub(in crate::pages) fn view(&self) -> AnyView {
        let plans: Vec<&Plan> = self.catalog.listed_plans().collect();
        let lead = text!(pricing_lead, currency = self.currency.code());
        let heading = text!(pricing_plans, plans = plans.len());
        let note = months_in_a_year(self.catalog, self.currency)
            .map(|months| text!(pricing_year_note, months = months).into_any());
        let cards = plans.iter().map(|plan| self.card(plan)).collect_view();
        let (cycle, cycles, currencies) = (self.cycle.as_str(), self.cycles(), self.currencies());
        let content = view! {
            {opening(self.side(), view! {
                <div class="stack">
                    <h1>{text!(pricing_head)}</h1>
                    <p class="lead">{lead}</p>
                </div>
            })}
            {entry("plans", heading, note, view! {
                <CycleChoice>
                    <div class="by-cycle" data-cycle=cycle>
                        {cycles}
                        {currencies}
                        <ul class="plans" role="list">{cards}</ul>
                    </div>
                </CycleChoice>
                {hydration_script()}
            })}
            {entry("limits", text!(pricing_limits), None, limits_table(self.catalog, &plans, self.currency))}
        };
        // A portal session keeps the header, which has the link back to the product.
        if self.is_framed && !self.is_of_portal() {
            embedded_frame(text!(pricing_title), content)
        } else {
            let viewer = self.viewer.as_ref().and_then(WorkspaceViewer::account_viewer);
            frame(text!(pricing_title), Place::Elsewhere, viewer, content)
        }
    }

    fn is_of_portal(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| matches!(viewer.user, WorkspaceUser::Portal(_)))
    }

    /// Renders the margin: a link, or only text in an embedded frame or with an `action_url`.
    fn side(&self) -> AnyView {
        match &self.viewer {
            _ if self.action_url.is_some() || self.is_framed && !self.is_of_portal() => text!(pricing_title).into_any(),
            Some(_) => rich_text(rich!(pricing_back, membership = "/membership")),
            None => view! { <a href="/login">{text!(pricing_sign_in)}</a> }.into_any(),
        }
    }

    fn cycles(&self) -> AnyView {
        let offered =
            [(Cycle::Monthly, text!(pricing_monthly)), (Cycle::Yearly, yearly_label(self.catalog, self.currency))];
        let links = offered
            .into_iter()
            .map(|(cycle, label)| {
                let is_chosen = (cycle == self.cycle).then_some("true");
                let href = self.here(cycle, self.currency);
                view! { <a href=href data-choose=cycle.as_str() aria-current=is_chosen>{label}</a> }
            })
            .collect_view();
        view! { <nav class="choice" aria-label=text!(pricing_billing_cycle)>{links}</nav> }.into_any()
    }

    /// Renders the choice of currency, if plans have prices in several. The cycle may change without a request, so the
    /// page has a set of links for each cycle, and CSS shows one set.
    fn currencies(&self) -> Option<AnyView> {
        let currencies = self.catalog.currencies();
        let link = |cycle: Cycle, currency: Currency| {
            let is_chosen = (currency == self.currency).then_some("true");
            let href = self.here(cycle, currency);
            view! { <a class=cycle.as_str() href=href aria-current=is_chosen>{currency.code()}</a> }
        };
        let links = Cycle::ALL
            .into_iter()
            .flat_map(|cycle| currencies.iter().map(move |currency| (cycle, *currency)))
            .map(|(cycle, currency)| link(cycle, currency))
            .collect_view();
        (self.is_currency_open && currencies.len() > 1)
            .then(|| view! { <nav class="choice" aria-label=text!(pricing_currency)>{links}</nav> }.into_any())
    }

    /// Returns the URL of this page with another cycle or currency.
    fn here(&self, cycle: Cycle, currency: Currency) -> String {
        format!("{}#plans", with_query(PATH, &self.choices(&[], cycle, currency)))
    }

    /// Returns the query pairs `first`, the cycle, and the currency unless it is the catalog's.
    fn choices<'b>(&self, first: &[(&'b str, &'b str)], cycle: Cycle, currency: Currency) -> Vec<(&'b str, &'b str)> {
        let currency = (currency != self.catalog.currency).then(|| ("currency", currency.code()));
        first.iter().copied().chain([("cycle", cycle.as_str())]).chain(currency).collect()
    }

    fn card(&self, plan: &Plan) -> AnyView {
        let trial = (plan.trial_days > 0)
            .then(|| view! { <p class="note"><b>{text!(pricing_trial, days = plan.trial_days)}</b></p> });
        let features = self.catalog.features.iter().filter(|feature| feature.on_card);
        let limits = features
            .map(|feature| {
                let limit = sold_limit_view(plan, feature, plan.limit(&feature.key));
                view! {
                    <li><span></span><span>{short_title(feature)}</span><span class="num"><b>{limit}</b></span></li>
                }
            })
            .collect_view();
        view! {
            <li>
                <h3>{name(&plan.name)}</h3>
                <div>{self.price(plan, Cycle::Monthly)}{self.price(plan, Cycle::Yearly)}{trial}</div>
                <p class="note">{name(&plan.description)}</p>
                <ul class="deltas" role="list">{limits}</ul>
                <div>{self.action(plan, Cycle::Monthly)}{self.action(plan, Cycle::Yearly)}</div>
            </li>
        }
        .into_any()
    }

    fn price(&self, plan: &Plan, cycle: Cycle) -> AnyView {
        let class = format!("price {}", cycle.as_str());
        if let Some(price) = price_of_all_seats(plan, cycle, self.currency) {
            return view! { <p class=class>{rich_text(price)}</p> }.into_any();
        }
        match (plan.price(cycle, self.currency), &plan.pricing) {
            (Some(price), _) => {
                let price = rich_text(rich!(pricing_price, price = exact(price), cycle = cycle.as_str()));
                let seats =
                    price_of_further_seats(plan, cycle, self.currency).map(|words| view! { <small>{words}</small> });
                view! { <p class=class>{price}{seats}</p> }.into_any()
            }
            (None, Pricing::Custom) => {
                let (custom, note) = (text!(pricing_custom), text!(pricing_custom_note));
                view! { <p class=class><b>{custom}</b><small>{note}</small></p> }.into_any()
            }
            (None, _) => {
                let reason = text!(pricing_not_sold, cycle = cycle.as_str(), currency = self.currency.code());
                view! { <p class=class><b>"–"</b><small>{reason}</small></p> }.into_any()
            }
        }
    }

    fn action(&self, plan: &Plan, cycle: Cycle) -> Option<AnyView> {
        let (label, href) = match plan.pricing {
            Pricing::Custom => (text!(pricing_ask, plan = name(&plan.name)), ENTERPRISE_PATH.to_owned()),
            Pricing::Free | Pricing::Paid(_) => {
                plan.lowest_price(cycle, self.currency)?;
                (text!(pricing_choose, plan = name(&plan.name)), self.choose_path(plan, cycle))
            }
        };
        let class = format!("button full {}", cycle.as_str());
        // The pages that the links lead to can't be framed, except those of a portal session.
        let leaves_frame = self.is_framed && (self.action_url.is_some() || !self.is_of_portal());
        let target = leaves_frame.then_some("_top");
        Some(view! { <a class=class href=href target=target>{label}</a> }.into_any())
    }

    fn choose_path(&self, plan: &Plan, cycle: Cycle) -> String {
        let pairs = self.choices(&[("plan", plan.id.as_str())], cycle, self.currency);
        match (self.action_url, &self.viewer) {
            (Some(url), _) => {
                let mut url = url.clone();
                url.query_pairs_mut().extend_pairs(pairs);
                url.into()
            }
            (None, Some(_)) if plan.is_paid() => {
                let currency = Some(self.currency).filter(|currency| *currency != self.catalog.currency);
                review_path(plan, cycle, currency)
            }
            (None, Some(_)) => "/membership".to_owned(),
            (None, None) => with_query("/signup", &pairs),
        }
    }
}
