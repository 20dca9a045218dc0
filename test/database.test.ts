/** The record keeps its promises in both its homes. */
import { databaseSuite } from './conformance/database.ts';
import { onEveryStore } from './support/stores.ts';

onEveryStore('the record', databaseSuite);
