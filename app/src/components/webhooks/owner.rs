//! Whose webhook endpoints a page shows, and where its forms lead.

use domain::tenant::webhook_event::WebhookEvent;
use leptos::server_fn::ServerFn;

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

impl<'a> EndpointOwner<'a> {
    pub(crate) const fn name(self) -> &'a str {
        match self {
            Self::Workspace(name) => name,
            Self::Installation => "This installation",
        }
    }

    /// Returns subject and verb for a sentence about a limit: "A workspace can".
    pub(crate) const fn may(self) -> &'static str {
        match self {
            Self::Workspace(_) => "A workspace can",
            Self::Installation => "An installation can",
        }
    }

    /// The head of the notice about an unknown endpoint.
    pub(crate) const fn unknown_endpoint(self) -> &'static str {
        match self {
            Self::Workspace(_) => "That is not one of this workspace’s",
            Self::Installation => "That is not one of this installation’s",
        }
    }

    /// Names the callers that may disable an endpoint.
    pub(crate) const fn admin(self) -> &'static str {
        match self {
            Self::Workspace(_) => "An admin",
            Self::Installation => "An operator or a key",
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
