/**
 * What Tapwright says of itself, over HTTP and on the event bus: plain records of strings, booleans and instants, ready
 * to become JSON as they stand. Immutable; any thread.
 */
package io.tapwright.model.status;
