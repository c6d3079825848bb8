package io.tapwright.agent.capture;

/** Why a request comes to nothing, with the status that HTTP has for it. */
final class RefusedException extends RuntimeException {

    private final int status;

    RefusedException(int status, String reason) {
        super(reason);
        this.status = status;
    }

    int status() {
        return status;
    }
}
