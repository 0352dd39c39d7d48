// @ts-check
/** The shop front: prices and dates in the reader's own form, and the sheet of each product. */

import { data } from "../common/dom.js";
import { localise } from "../common/format.js";
import { mendImages, Shelf } from "../common/products.js";

localise();
mendImages();
new Shelf(data("product-facts"));
