package io.tapwright.agent.config;

import java.util.List;

/** The configuration can't be used; one sentence for each mistake, each naming its key. */
public final class ConfigurationException extends RuntimeException {

    private final List<String> mistakes;

    public ConfigurationException(List<String> mistakes) {
        super(String.join("\n", mistakes), null, false, false);
        this.mistakes = List.copyOf(mistakes);
    }

    public List<String> mistakes() {
        return mistakes;
    }
}
