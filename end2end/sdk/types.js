// Compares a response with the official library's types and with Stripe's published sample of the same object.
//
// The library does not validate responses, so a wrong shape would reach its callers. The types are read from the
// library's declarations with the TypeScript compiler.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const samples = JSON.parse(readFileSync(join(here, "../../server/sandbox/tests/it/stripe_samples.json"), "utf8")).resources;
/** Fields whose keys the merchant chooses. */
const FREE = new Set(["metadata", "payment_method_options"]);

/** The library's type of each object, by its name among the samples. */
const KINDS = {
  account: "Stripe.Account",
  "billing_portal.configuration": "Stripe.BillingPortal.Configuration",
  "billing_portal.session": "Stripe.BillingPortal.Session",
  charge: "Stripe.Charge",
  "checkout.session": "Stripe.Checkout.Session",
  coupon: "Stripe.Coupon",
  customer: "Stripe.Customer",
  deleted_coupon: "Stripe.DeletedCoupon",
  deleted_customer: "Stripe.DeletedCustomer",
  deleted_discount: "Stripe.DeletedDiscount",
  deleted_subscription_item: "Stripe.DeletedSubscriptionItem",
  discount: "Stripe.Discount",
  invoice: "Stripe.Invoice",
  line_item: "Stripe.InvoiceLineItem",
  payment_intent: "Stripe.PaymentIntent",
  payment_method: "Stripe.PaymentMethod",
  price: "Stripe.Price",
  promotion_code: "Stripe.PromotionCode",
  product: "Stripe.Product",
  refund: "Stripe.Refund",
  subscription: "Stripe.Subscription",
  subscription_item: "Stripe.SubscriptionItem",
  subscription_schedule: "Stripe.SubscriptionSchedule",
  tax_id: "Stripe.TaxId",
  webhook_endpoint: "Stripe.WebhookEndpoint",
};

const { checker, types } = read();

/** The differences from the type and the sample, each with its path. Empty if the response matches. */
export function differences(kind, answer) {
  const found = [];
  againstType(answer, types[kind], kind, found);
  if (samples[kind]) againstSample(answer, samples[kind], kind, found);
  return found;
}

function read() {
  const file = join(here, "stripe-types.d.ts");
  const fields = Object.entries(KINDS).map(([kind, type]) => `${JSON.stringify(kind)}: ${type};`);
  const text = `import type Stripe from "stripe";\nexport interface Kinds { ${fields.join(" ")} }`;
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version);
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const wrong = program.getSemanticDiagnostics(source).map((it) => ts.flattenDiagnosticMessageText(it.messageText, " "));
  if (wrong.length > 0) throw new Error(`the library has no such type: ${wrong.join("; ")}`);
  const [symbol] = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
  const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  return { checker, types: Object.fromEntries(properties.map((it) => [it.name, checker.getTypeOfSymbol(it)])) };
}

function againstType(value, type, path, found) {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return;
  if (type.isUnion()) {
    // Listed strings are exhaustive. `OtherString` beside them exists only for forward compatibility.
    const hasWords = type.types.some((it) => it.isStringLiteral());
    const members = type.types.filter((it) => !(hasWords && it.isIntersection()));
    const tried = members.map((member) => {
      const wrong = [];
      againstType(value, member, path, wrong);
      return wrong;
    });
    if (tried.some((wrong) => wrong.length === 0)) return;
    // For a union of objects, report the differences from the closest member.
    const nearest = tried.filter((wrong) => wrong.some((it) => !it.startsWith(`${path} is`)));
    found.push(...(nearest.sort((one, other) => one.length - other.length)[0] ?? [mismatch(value, type, path)]));
    return;
  }
  if (type.isIntersection()) {
    type.types.filter((it) => !(it.flags & ts.TypeFlags.Object)).forEach((it) => againstType(value, it, path, found));
    return;
  }
  if (flags & ts.TypeFlags.Object) {
    if (value === null || typeof value !== "object") {
      found.push(mismatch(value, type, path));
    } else if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type);
      if (!Array.isArray(value)) found.push(mismatch(value, type, path));
      else value.forEach((it, at) => againstType(it, element, `${path}[${at}]`, found));
    } else if (type.symbol?.name !== "Decimal") {
      againstFields(value, type, path, found);
    }
    return;
  }
  const is =
    flags & ts.TypeFlags.Null ? value === null
    : flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void) ? value === undefined
    : flags & ts.TypeFlags.BooleanLiteral ? value === (checker.typeToString(type) === "true")
    : flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral) ? value === type.value
    : flags & ts.TypeFlags.String ? typeof value === "string"
    : flags & ts.TypeFlags.Number ? typeof value === "number"
    : flags & ts.TypeFlags.Boolean ? typeof value === "boolean"
    : checker.typeToString(type) === "Decimal" && value !== null && typeof value === "object";
  if (!is) found.push(mismatch(value, type, path));
}

function againstFields(value, type, path, found) {
  for (const field of checker.getPropertiesOfType(type)) {
    const of = checker.getTypeOfSymbol(field);
    if (of.getCallSignatures().length > 0) continue;
    const actual = value[field.name];
    if (actual === undefined && field.flags & ts.SymbolFlags.Optional) continue;
    if (actual === undefined) found.push(`${path}.${field.name} is missing`);
    else againstType(actual, of, `${path}.${field.name}`, found);
  }
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  if (element) Object.entries(value).forEach(([name, it]) => againstType(it, element, `${path}.${name}`, found));
}

function mismatch(value, type, path) {
  return `${path} is ${JSON.stringify(value)}, of the type ${checker.typeToString(type)}`;
}

function againstSample(value, sample, path, found) {
  if (value === null || sample === null) return;
  if (Array.isArray(sample) && Array.isArray(value)) {
    if (sample.length > 0) value.forEach((it, at) => againstSample(it, sample[0], `${path}[${at}]`, found));
  } else if (typeof sample === "object" && !Array.isArray(sample) && typeof value === "object" && !Array.isArray(value)) {
    for (const [name, it] of Object.entries(sample)) {
      if (value[name] === undefined) found.push(`${path}.${name} is missing, which the sample has`);
      else if (!FREE.has(name)) againstSample(value[name], it, `${path}.${name}`, found);
    }
  }
}
