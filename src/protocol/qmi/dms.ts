/** DMS, the service for the device as a whole. Every message of qmi.md §6 and §7. */
export * from "./dms-firmware.ts"
export * from "./dms-identity.ts"
export * from "./dms-power.ts"
