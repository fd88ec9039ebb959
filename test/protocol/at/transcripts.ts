/**
 * Replies of real modems as at.md prints them: `⏎` is CR LF, `␠` a blank that is really sent, `→` a TAB. Echo and the
 * CR LF in front of the first line are left out.
 */
import { text } from "../bytes.ts"

export const wire = (transcript: string): Uint8Array =>
  text(`\r\n${transcript.replaceAll("⏎", "\r\n").replaceAll("␠", " ").replaceAll("→", "\t")}`)

/** at.md §2.1. */
export const identification = {
  mc7710:
    "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7710⏎Revision: SWI9200X_03.05.19.04ap r5475 carmd-en-10527 2012/09/17 17:57:14⏎IMEI: 123456789012347⏎FSN: XX000000000000⏎3GPP Release 8⏎⏎OK⏎",
  mc7354:
    "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7354⏎Revision: SWI9X15C_05.05.16.03 r22385 carmd-fwbuild1 2014/06/04 15:01:26⏎MEID: A0000000000000⏎ESN: 00000000000, 80000000⏎IMEI: 123456789012347⏎IMEI SV: 13⏎FSN: XX000000000000⏎+GCAP: +CIS707-A, CIS-856, CIS-856-A, +CGSM, +CLTE2, +MS, +ES, +DS, +FCLASS⏎⏎⏎OK⏎",
  mc7455:
    "Manufacturer: Sierra Wireless, Incorporated⏎Model: MC7455⏎Revision: SWI9X30C_02.33.03.00 r8209 CARMD-EV-FRMWR2 2019/08/28 20:59:30⏎MEID: 12345678901234⏎IMEI: 123456789012347⏎IMEI SV: 20⏎FSN: XX000000000000⏎+GCAP: +CGSM⏎⏎⏎OK⏎",
  em7565:
    "Manufacturer: Sierra Wireless, Incorporated⏎Model: EM7565⏎Revision: SWI9X50C_01.00.02.00 6ff48a jenkins 2017/09/29 05:54:26⏎MEID: 12345678901234⏎IMEI: 123456789012347⏎IMEI SV: 2⏎FSN: XX000000000000⏎+GCAP: +CGSM⏎⏎⏎OK⏎"
}

/** at.md §4.1 and §4.3. */
export const imagePreference = {
  normal:
    "!IMPREF:␠⏎ preferred fw version:    01.00.02.00⏎ preferred carrier name:  GENERIC⏎ preferred config name:   GENERIC_001.012_000⏎ current fw version:      01.00.02.00⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_001.012_000⏎⏎OK⏎",
  mismatch:
    "!IMPREF:␠⏎ preferred fw version:    02.24.05.06⏎ preferred carrier name:  VERIZON⏎ preferred config name:   VERIZON_002.034_000⏎ current fw version:      02.08.02.00⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_002.007_001⏎⏎ fw version mismatch⏎ carrier name mismatch⏎ config name mismatch⏎⏎OK⏎",
  gobi: "!GOBIIMPREF:␠⏎ preferred fw version:    05.05.26.02⏎ preferred carrier name:  GENEU-4G⏎ preferred config name:   GENEU-4G_005.006_001⏎ current fw version:      05.05.26.02⏎ current carrier name:    GENEU-4G⏎ current config name:     GENEU-4G_005.006_001⏎⏎OK⏎",
  /** Lines of the 02.33.03.00 variant, put together as the text of §4.1 says. */
  subpri:
    "!IMPREF:␠⏎ preferred fw version:    02.33.03.00⏎ preferred carrier name:  GENERIC⏎ preferred config name:   GENERIC_002.072_000⏎ preferred subpri index:  000⏎ current fw version:      02.33.03.00⏎ current carrier name:    GENERIC⏎ current config name:     GENERIC_002.072_000⏎ current subpri index:    000⏎⏎OK⏎"
}

/** at.md §4.4. */
export const storedImages = [
  "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID",
  "FW   1    GOOD   4   0 0      ?_?         02.20.03.22_?",
  "FW   2    GOOD   1   0 0      ?_?         02.05.07.00_?",
  "FW   3    EMPTY  0   0 0                 ␠",
  "FW   4    GOOD   5   0 0      ?_?         02.24.03.00_?",
  "Max FW images: 4",
  "Active FW image is at slot 4",
  "",
  "TYPE SLOT STATUS LRU FAILURES UNIQUE_ID   BUILD_ID",
  "PRI  FF   GOOD   0   0 0      002.022_000 02.24.03.00_ATT",
  "PRI  FF   GOOD   0   0 0      002.021_000 02.24.03.00_GENERIC",
  "PRI  FF   GOOD   0   0 0      001.000_000 00.00.00.00_OEMPRI918",
  "Max PRI images: 50",
  "",
  "OK",
  ""
].join("⏎")

/** at.md §4.5. */
export const priId =
  "PRI Part Number: 9907344⏎Revision: 002.001⏎Customer: Generic-M2M⏎⏎Carrier PRI: 9999999_9907258_SWI9X50C_01.07.02.00_00_ATT_002.008_004⏎Carrier PRI: 9999999_9907259_SWI9X50C_01.09.04.00_00_GENERIC_002.019_000⏎⏎OK⏎"

/** at.md §5.1. */
export const powerInfo = {
  em7565:
    "State: Low Power Mode⏎LPM voters - Temp:0, Volt:0, User:0, W_DISABLE:0, IMSWITCH:1, BIOS:0, LWM2M:0, OMADM:0, FOTA:0, RFCAL:0⏎LPM persistence - None⏎⏎OK⏎",
  mc7304:
    "State: LowPowerMode⏎LPM force flags - W_DISABLE:0, User:0, Temp:0, Volt:0, BIOS:0, GOBIIM:1⏎W_DISABLE: 0⏎Poweroff mode: 0⏎LPM Persistent: 1⏎⏎OK⏎",
  mc8805:
    "State: LowPowerMode⏎LPM force flags - W_DISABLE:0, User:0, Temp:0, Volt:0⏎LPM force flags - BIOS:1, GOBIIM:0, IM_AttachDelay:0⏎W_DISABLE: 0⏎Poweroff mode: 0⏎LPM Persistent: 0⏎⏎OK⏎"
}

/** at.md §5.2. */
export const status = {
  lowPower: "!GSTATUS:␠⏎Current Time:  434→→Temperature: 29⏎Reset Counter: 3→→Mode:        LOW POWER MODE␠⏎⏎⏎OK⏎",
  registered:
    "!GSTATUS:␠⏎Current Time:  4306→→Temperature: 35⏎Reset Counter: 2→→Mode:        ONLINE         ␠⏎System mode:   LTE        →PS state:    Attached     ␠⏎LTE band:      B66    →→LTE bw:      20 MHz  ␠⏎LTE Rx chan:   0→→LTE Tx chan: 132272⏎LTE SSC1 state:NOT ASSIGNED⏎EMM state:     Registered     →Normal Service␠⏎RRC state:     RRC Idle       ␠⏎IMS reg state: No Srv  →→⏎⏎PCC RxM RSSI:  -87→→PCC RxM RSRP:  -119⏎PCC RxD RSSI:  -55→→PCC RxD RSRP:  -86⏎Tx Power:      --→→TAC:         550d (21773)⏎RSRQ (dB):     -11.6→→Cell ID:     00a51b02 (10820354)⏎SINR (dB):     12.2⏎⏎⏎OK⏎"
}

/** at.md §5.3, §5.4; the rows of `AT!CUSTOM?` as it describes them. */
export const settings = {
  contexts: '+CGDCONT: 1,"IPV4V6","","0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",0,0,0,0⏎⏎OK⏎',
  bandLocked: "Index, Name⏎00, All bands⏎⏎OK⏎",
  band9x30:
    "Index, Name,                        GW Band Mask     L Band Mask      TDS Band Mask⏎00, All bands                     0002000007C00000 00000100130818DF 0000000000000000⏎⏎OK⏎",
  radioAccess: "!SELRAT: 00, Automatic⏎⏎OK⏎",
  radioAccessLte: "!SELRAT: 06, LTE Only⏎⏎OK⏎",
  usbLayout: "Config Index: 1⏎Config Type:  1 (Generic)⏎Interface bitmask: 0000100D (diag,nmea,modem,mbim)⏎⏎OK⏎",
  usbVendor: "!USBVID: 1199⏎⏎OK⏎",
  usbProducts: "!USBPID:⏎APP : 9091⏎BOOT: 9090⏎⏎OK⏎",
  udProduct: "68A2⏎⏎OK⏎",
  udComposition: "6⏎⏎OK⏎",
  powerOffEnable: "0⏎⏎OK⏎",
  custom: "!CUSTOM:␠⏎             GPSENABLE          0x01⏎             FASTENUMEN         0x02⏎⏎⏎OK⏎"
}
