//! `/v1/products`

use serde_json::json;

use super::prices;
use crate::{
    storage::{Unit, ids},
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

pub(crate) fn create(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let id = params.text("id")?.unwrap_or_else(|| ids::new("prod"));
    if unit.is_taken::<Product>(&id) {
        return Err(StripeError::bad_as("resource_already_exists", "id", format!("Product already exists: {id}")));
    }
    let mut product = Product {
        id,
        created: unit.now,
        updated: unit.now,
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
    write(unit, params, &mut product)?;
    let price = params.group("default_price_data")?.map(|data| prices::from_params(unit, &data, product.id.clone()));
    let price = price.transpose()?;
    params.finish()?;
    if let Some(price) = price {
        product.default_price = Some(price.id.clone());
        unit.put(product.clone());
        let object = price.json(unit);
        unit.put(price);
        emit(unit, "price.created", object);
    }
    let object = product.json(unit);
    unit.put(product);
    emit(unit, "product.created", object.clone());
    Ok(object.into())
}

pub(crate) fn update(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let mut product = find::<Product>(unit, &call.id)?;
    let before = product.json(unit);
    if let Some(name) = call.params.text("name")? {
        product.name = name;
    }
    if let Some(price) = call.params.text("default_price")? {
        referenced::<Price>(unit, &price, "default_price")?;
        product.default_price = Some(price);
    }
    write(unit, &call.params, &mut product)?;
    call.params.finish()?;
    product.updated = unit.now;
    let object = product.json(unit);
    unit.put(product);
    emit_change(unit, "product.updated", &before, object.clone());
    Ok(object.into())
}

pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let active = call.params.flag("active")?;
    let ids = call.params.texts("ids")?;
    let keep = |it: &Product| {
        active.is_none_or(|active| it.active == active) && ids.as_ref().is_none_or(|ids| ids.contains(&it.id))
    };
    Ok(lists::page(unit, call, "/v1/products", keep)?.into())
}

pub(crate) fn delete(unit: &mut Unit<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let product = find::<Product>(unit, &call.id)?;
    if unit.all::<Price>().any(|price| price.product == product.id) {
        return Err(StripeError::refused(
            "This product cannot be deleted because it has one or more user-created prices.",
        ));
    }
    let object = product.json(unit);
    unit.delete::<Product>(&product.id);
    emit(unit, "product.deleted", object);
    Ok(json!({ "id": product.id, "object": "product", "deleted": true }).into())
}

fn write(unit: &Unit<'_>, params: &Params, product: &mut Product) -> Result<(), StripeError> {
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
    product.updated = unit.now;
    Ok(())
}
