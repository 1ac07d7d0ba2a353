//! Mutated responses from a tenant's account (white-label).

use billing::{
    identity::factors::Confirmed,
    payment::merchant::{
        CancellationTiming, MerchantCheckout, MerchantProduct, NewMerchantCheckout, NewMerchantPrice,
        NewMerchantProduct, PageParams,
    },
    service::{
        ServiceError,
        tenant::{audit::AuditFilter, secret::SecretsAuthority},
    },
    store::testing::Engine,
};
use domain::{account::Viewer, subscription::Provider};
use rstest::rstest;

use super::{assert_no_internal_error, mutations, restore_responses};
use crate::test_env::{TestEnv, merchant};

const ALL: PageParams = PageParams { limit: 100, cursor: None };

/// A call to the account.
#[derive(Clone, Copy, Debug)]
enum Call {
    Products,
    Product,
    Checkout,
    Customers,
    Customer,
    Subscriptions,
    End,
}

domain::all_variants!(Call { Products, Product, Checkout, Customers, Customer, Subscriptions, End });

/// A tenant with a connected account and a paying customer.
struct Shop {
    owner: Viewer,
    at: Provider,
    product: MerchantProduct,
    customer: String,
    subscription: String,
}

impl Shop {
    async fn open(env: &TestEnv, at: Provider) -> Self {
        let owner = env.owner_on("ada@acme.test", "pro").await;
        let keeper = SecretsAuthority::admin(&owner).unwrap().confirmed(&Confirmed::not_asked());
        let (name, key) = match at {
            Provider::Polar => ("polar_api_key", "polar_sk_of_acme"),
            Provider::Stripe => ("stripe_secret_key", "sk_test_51AcmeRobotics00"),
        };
        env.services.secrets().set_secret(&keeper, name, &key.to_owned().into()).await.unwrap();
        let acting_admin = merchant(&owner);
        let product = env.services.white_label().create_product(&acting_admin, Some(at), &product()).await.unwrap();
        let shop = Self { owner, at, product, customer: String::new(), subscription: String::new() };
        env.pay(shop.checkout(env).await.unwrap().url.as_str()).await;
        let paid = env
            .services
            .white_label()
            .list_merchant_subscriptions(&acting_admin, Some(at), &ALL)
            .await
            .unwrap()
            .items
            .remove(0);
        Self { customer: paid.customer, subscription: paid.id, ..shop }
    }

    async fn checkout(&self, env: &TestEnv) -> Result<MerchantCheckout, ServiceError> {
        let order = NewMerchantCheckout {
            price: self.product.prices[0].id.clone(),
            customer_email: Some("customer@example.com".to_owned()),
            success_url: "https://yourapp.com/success".to_owned(),
            cancel_url: Some("https://yourapp.com/cancel".to_owned()),
        };
        env.services.white_label().create_merchant_checkout(&merchant(&self.owner), Some(self.at), &order).await
    }

    async fn ask(&self, env: &TestEnv, question: Call, why: &str) {
        let (admin, at, services) = (merchant(&self.owner), Some(self.at), &env.services);
        let why = format!("{question:?} with {why}");
        match question {
            Call::Products => {
                assert_no_internal_error(services.white_label().list_products(&admin, at, &ALL).await, &why);
            }
            Call::Product => {
                let made = services.white_label().create_product(&admin, at, &product()).await;
                if let (Provider::Stripe, Ok(made)) = (self.at, &made) {
                    // A created product is as requested; only its ids come from the provider.
                    let sold = |product: &MerchantProduct| {
                        product.prices.iter().map(|price| (price.id.clone(), price.amount_minor)).collect::<Vec<_>>()
                    };
                    assert_eq!(sold(made), sold(&self.product), "{why}");
                }
                assert_no_internal_error(made, &why);
            }
            Call::Checkout => assert_no_internal_error(self.checkout(env).await, &why),
            Call::Customers => {
                assert_no_internal_error(services.white_label().list_customers(&admin, at, &ALL).await, &why);
            }
            Call::Customer => {
                assert_no_internal_error(
                    services.white_label().customer_subscriptions(&admin, at, &self.customer).await,
                    &why,
                );
            }
            Call::Subscriptions => {
                assert_no_internal_error(
                    services.white_label().list_merchant_subscriptions(&admin, at, &ALL).await,
                    &why,
                );
            }
            Call::End => {
                let end = CancellationTiming::AtPeriodEnd;
                assert_no_internal_error(
                    services.white_label().end_merchant_subscription(&admin, at, &self.subscription, end).await,
                    &why,
                );
            }
        }
    }

    /// Returns the account's products, customers and subscriptions as text.
    async fn holds(&self, env: &TestEnv) -> String {
        let (admin, at, services) = (merchant(&self.owner), Some(self.at), &env.services);
        let products = services.white_label().list_products(&admin, at, &ALL).await.unwrap();
        let customers = services.white_label().list_customers(&admin, at, &ALL).await.unwrap();
        let subscriptions = services.white_label().list_merchant_subscriptions(&admin, at, &ALL).await.unwrap();
        format!("{products:#?} {customers:#?} {subscriptions:#?}")
    }
}

/// Returns the product that each call creates.
fn product() -> NewMerchantProduct {
    let price = |amount_minor, currency: &str| NewMerchantPrice {
        amount_minor,
        currency: currency.to_owned(),
        interval: Some("month".to_owned()),
    };
    NewMerchantProduct {
        name: "Enterprise Plan".to_owned(),
        description: Some("For large teams".to_owned()),
        prices: vec![price(9900, "usd"), price(9000, "eur")],
        attempt: Some("of-ada".to_owned()),
    }
}

#[rstest]
#[case::sqlite(Engine::Sqlite, 0)]
#[case::postgres(Engine::Postgres, 5)]
#[tokio::test]
async fn a_mutated_response_from_a_tenants_account_is_a_stated_error(
    #[case] engine: Engine,
    #[case] offset: usize,
    #[values(Provider::Stripe, Provider::Polar)] at: Provider,
) {
    let env = TestEnv::start(engine).await;
    let tenants = env.services.tenants();
    let shop = Shop::open(&env, at).await;
    shop.ask(&env, Call::End, "nothing wrong").await;
    let before = shop.holds(&env).await;
    assert!(before.contains("Enterprise Plan") && before.contains(&shop.subscription), "{before}");

    let ask = async |question: Call| shop.ask(&env, question, "nothing wrong").await;
    for mutation in mutations(&env, &Call::ALL, ask, offset).await {
        mutation.begin(&env);
        for question in &mutation.asked {
            shop.ask(&env, *question, &mutation.to_string()).await;
        }
        let audit =
            tenants.audit(&shop.owner.current_membership.tenant_id, &AuditFilter::default(), None, 20).await.unwrap();
        for entry in audit.entries {
            let text = format!("{} {}", entry.target, entry.details);
            assert!(!text.contains("thinking") && !text.contains('\0'), "{mutation}: {text}");
        }
    }
    restore_responses(&env);
    // An incomplete product is not on sale until the call is retried.
    shop.ask(&env, Call::Product, "nothing wrong").await;
    assert_eq!(shop.holds(&env).await, before, "made once, ended once, and all is there");
    assert_eq!(env.plan(&shop.owner).await, "pro");
}
