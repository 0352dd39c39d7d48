// @ts-check
/** The shop front: prices and dates in the reader's own form, and the sheet of each product. */

import { data } from "./dom.js";
import { localise } from "./format.js";
import { mendImages, Shelf } from "./products.js";

localise();
mendImages();
new Shelf(data("product-facts"));
