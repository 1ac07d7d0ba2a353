//! Parses `matrix.txt`.

use std::{collections::BTreeMap, fmt};

/// A caller, which has a column. The variants are in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    Stranger,
    StrangerAtHome,
    Member,
    Admin,
    BareKey,
    ForeignKey,
    ForeignKeyAtHome,
    RevokedKey,
    Token,
    ForeignToken,
    AdminToken,
    InstallationKey,
    BareInstallationKey,
    IssuerAdmin,
    IssuerMember,
    ForeignIssuer,
    /// Has no column: see [`OPEN_TO_BILLING`].
    Billing,
}

domain::all_variants!(Caller {
    Anonymous,
    Stranger,
    StrangerAtHome,
    Member,
    Admin,
    BareKey,
    ForeignKey,
    ForeignKeyAtHome,
    RevokedKey,
    Token,
    ForeignToken,
    AdminToken,
    InstallationKey,
    BareInstallationKey,
    IssuerAdmin,
    IssuerMember,
    ForeignIssuer,
    Billing,
});

/// The routes that answer the role billing as an admin. All others answer it as a plain member.
const OPEN_TO_BILLING: [&str; 10] = [
    "POST /api/v1/billing/checkout",
    "POST /api/v1/billing/portal",
    "GET /api/v1/billing/seats",
    "PUT /api/v1/billing/seats",
    "POST /api/v1/billing/cancel",
    "POST /api/v1/billing/resume",
    "GET /api/v1/billing/invoices",
    "GET /api/v1/billing/invoices.csv",
    "POST /billing/upgrade",
    "POST /billing/subscription/sync",
];

impl Caller {
    /// The heading of the caller's column.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Stranger => "stranger",
            Self::StrangerAtHome => "stranger at home",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::BareKey => "bare key",
            Self::ForeignKey => "foreign key",
            Self::ForeignKeyAtHome => "foreign at home",
            Self::RevokedKey => "revoked key",
            Self::Token => "token",
            Self::ForeignToken => "foreign token",
            Self::AdminToken => "admin's token",
            Self::InstallationKey => "installation key",
            Self::BareInstallationKey => "bare installation key",
            Self::IssuerAdmin => "issuer's admin",
            Self::IssuerMember => "issuer's member",
            Self::ForeignIssuer => "foreign issuer's",
            Self::Billing => "billing",
        }
    }

    /// Whether the caller has no rights in the workspace: they see and change nothing of it.
    pub(super) const fn is_outside(self) -> bool {
        !matches!(
            self,
            Self::Member
                | Self::Billing
                | Self::Admin
                | Self::BareKey
                | Self::AdminToken
                | Self::InstallationKey
                | Self::BareInstallationKey
                | Self::IssuerAdmin
                | Self::IssuerMember
        )
    }

    /// Whether the request names the workspace, in `x-tenant-id` or the stream's query.
    pub(super) const fn names_the_workspace(self) -> bool {
        matches!(
            self,
            Self::Stranger
                | Self::ForeignKey
                | Self::ForeignToken
                | Self::AdminToken
                | Self::InstallationKey
                | Self::BareInstallationKey
                | Self::ForeignIssuer
        )
    }
}

/// The expected status and, for an error, its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) code: Option<String>,
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(out, "{} {code}", self.status),
            None => write!(out, "{}", self.status),
        }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) route: String,
    /// In the order of [`Caller::ALL`].
    pub(super) cells: Vec<Expected>,
}

/// Returns the rows of the table.
pub(super) fn rows() -> Vec<Row> {
    let text = include_str!("matrix.txt");
    let codes: BTreeMap<_, _> = text.lines().filter_map(|line| line.strip_prefix("# ")).filter_map(legend).collect();
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(cells);
    let columns = lines.next().unwrap();
    let with_columns: Vec<_> =
        Caller::ALL.into_iter().filter(|caller| *caller != Caller::Billing).map(Caller::column).collect();
    assert_eq!(columns[1..], with_columns, "the columns differ from the callers of the test");
    lines.map(|line| row(&line, &codes)).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

/// Parses a line of the legend such as `403 admin    admin_required`.
fn legend(line: &str) -> Option<(&str, &str)> {
    let (cell, code) = line.rsplit_once(' ')?;
    cell.starts_with('4').then(|| (cell.trim(), code))
}

fn row(line: &[&str], codes: &BTreeMap<&str, &str>) -> Row {
    let (route, cells) = line.split_first().unwrap();
    assert_eq!(cells.len() + 1, Caller::ALL.len(), "{route} must have a cell for each caller");
    let answered_like = if OPEN_TO_BILLING.contains(route) { Caller::Admin } else { Caller::Member };
    let place = Caller::ALL.into_iter().position(|caller| caller == answered_like).unwrap();
    let expected = cells.iter().chain([&cells[place]]).map(|cell| Expected {
        status: cell.split(' ').next().unwrap().parse().unwrap(),
        code: (*cell >= "4").then(|| codes[cell].to_owned()),
    });
    Row { route: (*route).to_owned(), cells: expected.collect() }
}
