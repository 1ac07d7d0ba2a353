//! Whose webhook endpoints a page shows, and where its forms lead.

use std::borrow::Cow;

use domain::tenant::webhook_event::WebhookEvent;
use leptos::server_fn::ServerFn;
use locales::text;

use crate::actions::{
    operator::webhooks::{
        self as desk, OperatorAddWebhook, OperatorChangeWebhook, OperatorDeleteWebhook, OperatorResendWebhook,
        OperatorRotateWebhook, OperatorSwitchWebhook, OperatorTestWebhook,
    },
    webhooks::{
        self, AddWebhook, ChangeWebhook, DeleteWebhook, ResendWebhook, RotateWebhook, SwitchWebhook, TestWebhook,
    },
};

/// The owner of endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EndpointOwner<'a> {
    /// A workspace, by its name.
    Workspace(&'a str),
    /// The installation, on the operator's desk.
    Installation,
}

/// The paths that the forms post to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormPaths {
    pub(crate) add: &'static str,
    pub(crate) change: &'static str,
    pub(crate) switch: &'static str,
    pub(crate) delete: &'static str,
    pub(crate) rotate: &'static str,
    pub(crate) test: &'static str,
    pub(crate) resend: &'static str,
}

const OF_WORKSPACE: FormPaths = FormPaths {
    add: AddWebhook::PATH,
    change: ChangeWebhook::PATH,
    switch: SwitchWebhook::PATH,
    delete: DeleteWebhook::PATH,
    rotate: RotateWebhook::PATH,
    test: TestWebhook::PATH,
    resend: ResendWebhook::PATH,
};

const OF_INSTALLATION: FormPaths = FormPaths {
    add: OperatorAddWebhook::PATH,
    change: OperatorChangeWebhook::PATH,
    switch: OperatorSwitchWebhook::PATH,
    delete: OperatorDeleteWebhook::PATH,
    rotate: OperatorRotateWebhook::PATH,
    test: OperatorTestWebhook::PATH,
    resend: OperatorResendWebhook::PATH,
};

impl EndpointOwner<'_> {
    /// The caption of the list of endpoints.
    pub(super) fn caption(self) -> Cow<'static, str> {
        match self {
            Self::Workspace(name) => text!(webhooks_caption, workspace = name),
            Self::Installation => text!(webhooks_caption_installation),
        }
    }

    /// Says that no more than `max` endpoints are possible.
    pub(super) fn full(self, max: u64) -> Cow<'static, str> {
        match self {
            Self::Workspace(_) => text!(webhooks_full, max = max),
            Self::Installation => text!(webhooks_full_installation, max = max),
        }
    }

    /// Like [`Self::full`], in the answer to a form that adds an endpoint.
    pub(super) fn too_many(self, max: u64) -> Cow<'static, str> {
        match self {
            Self::Workspace(name) => text!(webhooks_too_many, workspace = name, max = max),
            Self::Installation => text!(webhooks_too_many_installation, max = max),
        }
    }

    /// The answer about an unknown endpoint or message.
    pub(super) fn not_found(self) -> Cow<'static, str> {
        match self {
            Self::Workspace(_) => text!(webhooks_not_found),
            Self::Installation => text!(webhooks_not_found_installation),
        }
    }

    /// The answer to a person who may not change endpoints: title and text.
    pub(super) fn admin_required(self) -> (Cow<'static, str>, Cow<'static, str>) {
        match self {
            Self::Workspace(name) => {
                (text!(webhooks_admin_required_title), text!(webhooks_admin_required, workspace = name))
            }
            Self::Installation => (text!(webhooks_operator_required_title), text!(webhooks_operator_required)),
        }
    }

    /// Says that an admin or operator disabled an endpoint at `time`.
    pub(super) fn disabled_by_admin(self, time: String) -> Cow<'static, str> {
        match self {
            Self::Workspace(_) => text!(webhooks_disabled_by_admin, time = time),
            Self::Installation => text!(webhooks_disabled_by_operator, time = time),
        }
    }

    /// The path of the list of endpoints.
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::Workspace(_) => webhooks::PAGE,
            Self::Installation => desk::PAGE,
        }
    }

    /// The path of an endpoint's page.
    pub(crate) fn page_of(self, id: &str) -> String {
        webhooks::page_of(self.page(), id)
    }

    pub(crate) const fn forms(self) -> FormPaths {
        match self {
            Self::Workspace(_) => OF_WORKSPACE,
            Self::Installation => OF_INSTALLATION,
        }
    }

    /// The events that an endpoint can subscribe to.
    pub(crate) const fn events(self) -> &'static [WebhookEvent] {
        match self {
            Self::Workspace(_) => &WebhookEvent::OF_WORKSPACES,
            Self::Installation => &WebhookEvent::ALL,
        }
    }
}
