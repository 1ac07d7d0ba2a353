//! `GET /operator/revenue.csv`: revenue by month as CSV, for operators. For all other callers there is no such page.

use axum::{
    Router,
    extract::{Request, State},
    http::{Extensions, header},
    response::{IntoResponse, Response},
    routing::get,
};
use billing::{Services, security_event::SecurityEvent, service::operator::Operator};
use domain::{
    account::{Account, Viewer},
    money::Money,
    subscription::revenue::{
        change::RevenueChangeKind,
        trend::{ChangeSum, RevenueTrend, TrendMonth},
    },
};

use crate::{
    api::{ApiError, tenant::audit::csv::cell},
    http::pages::{PageContext, not_found},
};

const PATH: &str = "/operator/revenue.csv";
const HEAD: &str = "month,currency,mrr,active,new,newMrr,churned,churnedMrr,upgraded,upgradedMrr,downgraded,\
    downgradedMrr,trialsStarted,trialsStartedMrr,trialsConverted,trialsConvertedMrr\r\n";
const CONTENT_TYPE: &str = "text/csv; charset=utf-8";
const DISPOSITION: &str = "attachment; filename=\"revenue.csv\"";

pub(super) fn routes(context: &PageContext) -> Router<Services> {
    let context = context.clone();
    let export = move |State(services): State<Services>, request: Request| export(services, context, request);
    Router::new().route(PATH, get(export))
}

async fn export(services: Services, context: PageContext, request: Request) -> Response {
    let Some(operator) = request.extensions().get::<Operator>().cloned() else {
        note_refusal(request.extensions());
        return not_found(context, request).await;
    };
    let found = match services.operators().desk_revenue(&operator).await {
        Ok(found) => found,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_DISPOSITION, DISPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let lines = found.trends.iter().flat_map(|trend| trend.months.iter().map(move |month| line(trend, month)));
    (headers, HEAD.to_owned() + &lines.collect::<String>()).into_response()
}

/// Writes a security event if a signed-in user asks for the file.
fn note_refusal(extensions: &Extensions) {
    let viewer = extensions.get::<Viewer>().map(|viewer| &viewer.user_id);
    let user = viewer.or_else(|| extensions.get::<Account>().map(|account| &account.user_id));
    if user.is_some() {
        SecurityEvent::AuthorizationRefused { user, tenant: None, key: None, reason: "operator_required" }.write();
    }
}

/// A line of one month. The MRR of a month that was not recorded is empty.
fn line(trend: &RevenueTrend, month: &TrendMonth) -> String {
    let sum = |ChangeSum { subscriptions, monthly }: ChangeSum| [subscriptions.to_string(), decimal(monthly)];
    let [active, recurring] = month.recurring.map(sum).unwrap_or_default();
    let mut cells = vec![month.month.to_string(), trend.currency.to_string(), recurring, active];
    cells.extend(RevenueChangeKind::ALL.into_iter().flat_map(|kind| sum(month.changes(kind))));
    cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Formats an amount in major units, without separators and currency.
fn decimal(money: Money) -> String {
    let Money { minor, currency } = money;
    let (digits, per_major) = (currency.minor_digits() as usize, currency.minor_per_major().unsigned_abs());
    let (sign, amount) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    match digits {
        0 => format!("{sign}{amount}"),
        digits => format!("{sign}{}.{:0digits$}", amount / per_major, amount % per_major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimal_places_of_their_currency() {
        let text = |minor, code: &str| decimal(Money::new(minor, code.parse().unwrap()));
        assert_eq!([text(11_150, "USD"), text(5, "USD"), text(0, "EUR")], ["111.50", "0.05", "0.00"]);
        assert_eq!([text(1_500, "JPY"), text(1_234, "KWD"), text(-100, "USD")], ["1500", "1.234", "-1.00"]);
    }
}
