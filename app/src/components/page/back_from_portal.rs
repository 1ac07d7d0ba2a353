//! The return from the provider's portal to a page.

use billing::{Services, service::base::permission::Biller};
use domain::{account::WorkspaceViewer, error_code::ErrorCode};

use crate::{
    actions::{log, redirect_with_error},
    request::{PageRequest, redirect},
};

/// Syncs the subscription after a visit to the provider's portal and redirects to the plain `path`.
///
/// The webhook may arrive later than the user. The redirect prevents a sync on every reload. If the provider is
/// unavailable, the page shows the stored state.
pub(crate) async fn back_from_portal(services: &Services, viewer: &WorkspaceViewer, req: &PageRequest, path: &str) {
    let synced = match Biller::person(viewer) {
        Ok(biller) => services.subscriptions().reconcile_after_portal(&biller).await,
        // Members cannot sync; they see the stored state.
        Err(_) => Ok(()),
    };
    match synced {
        Err(error) if error.code() == ErrorCode::Internal => {
            log(&error, req.id().as_deref());
            redirect(path);
        }
        Err(error) => redirect_with_error(path, Vec::new(), &error),
        Ok(()) => redirect(path),
    }
}
