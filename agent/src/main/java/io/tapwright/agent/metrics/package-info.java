/** Prometheus metrics: what happened ({@code ControlMetrics}) and how things stand at the scrape ({@code NicMetrics}). */
package io.tapwright.agent.metrics;
