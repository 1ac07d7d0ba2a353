//! `/v1/products`

use serde_json::json;

use super::prices;
use crate::{
    storage::{Transaction, ids},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            event::{emit, emit_change},
            find,
            price::Price,
            product::Product,
            referenced,
        },
        params::Params,
    },
};

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let id = params.text("id")?.unwrap_or_else(|| ids::new("prod"));
    if tx.is_taken::<Product>(&id) {
        return Err(StripeError::bad_as("resource_already_exists", "id", format!("Product already exists: {id}")));
    }
    let mut product = Product {
        id,
        created: tx.now,
        updated: tx.now,
        active: true,
        name: params.require("name")?,
        description: None,
        default_price: None,
        images: Vec::new(),
        metadata: Metadata::new(),
        statement_descriptor: None,
        tax_code: None,
        unit_label: None,
        url: None,
    };
    write(tx, params, &mut product)?;
    let price = params.group("default_price_data")?.map(|data| prices::from_params(tx, &data, product.id.clone()));
    let price = price.transpose()?;
    params.finish()?;
    if let Some(price) = price {
        product.default_price = Some(price.id.clone());
        tx.put(product.clone());
        let object = price.json(tx);
        tx.put(price);
        emit(tx, "price.created", object);
    }
    let object = product.json(tx);
    tx.put(product);
    emit(tx, "product.created", object.clone());
    Ok(object.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut product = find::<Product>(tx, &call.id)?;
    let before = product.json(tx);
    if let Some(name) = call.params.text("name")? {
        product.name = name;
    }
    if let Some(price) = call.params.text("default_price")? {
        referenced::<Price>(tx, &price, "default_price")?;
        product.default_price = Some(price);
    }
    write(tx, &call.params, &mut product)?;
    call.params.finish()?;
    product.updated = tx.now;
    let object = product.json(tx);
    tx.put(product);
    emit_change(tx, "product.updated", &before, object.clone());
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let active = call.params.flag("active")?;
    let ids = call.params.texts("ids")?;
    let keep = |product: &Product| {
        active.is_none_or(|active| product.active == active) && ids.as_ref().is_none_or(|ids| ids.contains(&product.id))
    };
    Ok(lists::page(tx, call, "/v1/products", keep)?.into())
}

pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let product = find::<Product>(tx, &call.id)?;
    if tx.all::<Price>().any(|price| price.product == product.id) {
        return Err(StripeError::refused(
            "This product cannot be deleted because it has one or more user-created prices.",
        ));
    }
    let object = product.json(tx);
    tx.delete::<Product>(&product.id);
    emit(tx, "product.deleted", object);
    Ok(json!({ "id": product.id, "object": "product", "deleted": true }).into())
}

fn write(tx: &Transaction<'_>, params: &Params, product: &mut Product) -> Result<(), StripeError> {
    params.patch("description", &mut product.description)?;
    params.patch("statement_descriptor", &mut product.statement_descriptor)?;
    params.patch("tax_code", &mut product.tax_code)?;
    params.patch("unit_label", &mut product.unit_label)?;
    params.patch("url", &mut product.url)?;
    params.metadata(&mut product.metadata)?;
    if let Some(active) = params.flag("active")? {
        product.active = active;
    }
    if let Some(images) = params.texts("images")? {
        product.images = images;
    }
    params.accept(&["marketing_features", "package_dimensions", "shippable", "type", "tax_details"]);
    product.updated = tx.now;
    Ok(())
}
