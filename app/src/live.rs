//! What a page says of now, drawn anew while it is open: by the parts that drew the page, each an element with an id of its own.

use billing::{Services, service::ServiceError};
use domain::{account::Viewer, wire::MembershipView};
use http::request::Parts;
use leptos::prelude::*;

use crate::{
    components::page::awaken,
    islands::live_values::LiveValues,
    local_path::with_query,
    pages::{usage, usage_feature},
    request::Asked,
};

/// Where an open page hears of what has changed.
pub const PATH: &str = "/live/usage";
/// What of a page's address decides how it is drawn.
const HANDED_ON: [&str; 3] = ["range", "from", "to"];

/// Has the browser keep the page up to date. Whoever opens another workspace is not told of it on a page about this one.
pub(crate) fn kept_current(viewer: &Viewer, feature: Option<&str>, asked: &Asked) -> AnyView {
    let handed_on = HANDED_ON.into_iter().filter_map(|name| Some((name, asked.query(name)?))).collect::<Vec<_>>();
    let about = [("tenant", Some(viewer.here.tenant_id.as_str())), ("feature", feature)];
    let about = about.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query: Vec<_> = about.chain(handed_on.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    let address = with_query(PATH, &query);
    view! {
        <div hidden data-live=address><LiveValues/></div>
        {awaken()}
    }
    .into_any()
}

/// An open page, as its address for [`PATH`] tells of it.
pub struct Live(Asked);

impl Live {
    pub const fn asked(parts: Parts) -> Self {
        Self(Asked::of(parts))
    }

    /// The workspace that the page is about.
    pub fn tenant(&self) -> Option<String> {
        self.0.query("tenant")
    }

    /// The page's elements as HTML, in an order that stays.
    pub async fn draw(&self, services: &Services, view: &MembershipView) -> Result<Vec<String>, ServiceError> {
        let tenant = &view.viewer.here.tenant_id;
        let Some(key) = self.0.query("feature") else {
            let lately = services.lately(tenant, &view.usage).await?;
            return Ok(html(|| usage::of_now(view, &lately.trends)));
        };
        let pace = usage_feature::pace(services, view, &key, &self.0).await?;
        Ok(html(|| usage_feature::of_now(view.now, &pace)))
    }
}

/// As it stands in a page.
fn html(parts: impl FnOnce() -> Vec<AnyView>) -> Vec<String> {
    Owner::new().with(|| parts().into_iter().map(RenderHtml::to_html).collect())
}
