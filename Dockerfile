# The desk as an image with nothing in it but the program: one static binary,
# certificates to know Noa by, and an empty folder for the data.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY Makefile LICENSE NOTICE ./
COPY cmd cmd
COPY internal internal
COPY migrations migrations
COPY static static
ARG VERSION=dev
RUN make build VERSION="$VERSION" && mkdir -m 0700 /empty

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /empty /data
COPY --from=build /src/bin/noadesk /noadesk
COPY --from=build /src/LICENSE /src/NOTICE /

USER 65532:65532
ENV NOADESK_DATA=/data \
    NOADESK_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/noadesk", "healthcheck"]

# NOADESK_URL and NOADESK_MASTER_KEY_FILE come from whoever runs it; the master
# key is a file of user 65532 with mode 0400, mounted from outside /data.
ENTRYPOINT ["/noadesk"]
CMD ["serve"]
