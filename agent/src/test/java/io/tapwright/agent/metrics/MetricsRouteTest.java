package io.tapwright.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsRouteTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                                                                                                      | application/openmetrics-text
            */*                                                                                       | application/openmetrics-text
            application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2 | text/plain
            text/plain;version=0.0.4                                                                  | text/plain
            text/html,application/xhtml+xml,*/*;q=0.8                                                 | text/plain
            """)
    void whoTakesPlainTextGetsItAndEverybodyElseOpenMetrics(String accept, String format) {
        assertThat(MetricsRoute.format(accept)).startsWith(format + ";");
    }
}
