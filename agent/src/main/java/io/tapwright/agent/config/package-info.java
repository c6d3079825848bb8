/** What the operator wrote, as written and as checked values. */
package io.tapwright.agent.config;
