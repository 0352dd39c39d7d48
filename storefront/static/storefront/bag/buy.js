// @ts-check
/** The page between here and the seller's shop: prices as the reader writes them. */

import { localise } from "../common/format.js";
import { mendImages } from "../common/products.js";

localise();
mendImages();
